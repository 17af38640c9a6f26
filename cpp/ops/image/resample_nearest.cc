#include <cstring>

#include "ops/image/resample.h"
#include "ops/movement/indices.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// y as [rows, columns] of runs: the columns are the last axis that is resized, a run is what lies
// behind it, a row is one index of the axes before.
class NearestRows {
 public:
  NearestRows(const Resampling& resampling, const Tensor& x, const Tensor& y, std::int64_t* tables)
      : axes_(resampling.axes), x_(x.values<std::byte>()), y_(y.values_out<std::byte>()) {
    set_extrapolation(y.type.dtype, resampling.extrapolation);
    run_bytes_ = element_bytes_;
    for (std::size_t axis = 0; axis < y.rank(); ++axis) {
      places_[axis] = tables;
      covered_[axis] = covered_places(resampling.rule, axes_[axis]);
      find_nearest(resampling.rule, axes_[axis], tables);
      tables += y.size(axis);
      if (axes_[axis].resized) column_axis_ = axis;
    }
    for (std::size_t axis = 0; axis < y.rank(); ++axis) {
      if (axis < column_axis_) count_ *= y.size(axis);
      if (axis > column_axis_) run_bytes_ *= y.size(axis);
    }
    row_bytes_ = y.size(column_axis_) * run_bytes_;
  }

  std::size_t count() const { return count_; }
  std::size_t elements() const { return row_bytes_ / element_bytes_; }

  void write(Range rows) const {
    std::int64_t before = kNoRow;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      std::byte* to = y_ + row * row_bytes_;
      const std::int64_t source = source_row(row);
      if (source == kNoRow) {
        fill(to, to + row_bytes_);
      } else if (source == before) {
        std::memcpy(to, to - row_bytes_, row_bytes_);
      } else {
        write_row(source, to);
      }
      before = source;
    }
  }

 private:
  static constexpr std::int64_t kNoRow = -1;

  // Which row of x row `row` of y repeats.
  std::int64_t source_row(std::size_t row) const {
    std::int64_t source = 0, stride = 1;
    for (std::size_t axis = column_axis_; axis-- > 0;) {
      const auto size = static_cast<std::size_t>(axes_[axis].to);
      if (!covered_[axis].has(row % size)) return kNoRow;
      source += places_[axis][row % size] * stride;
      stride *= axes_[axis].from;
      row /= size;
    }
    return source;
  }

  void write_row(std::int64_t source, std::byte* to) const {
    const Covered columns = covered_[column_axis_];
    const std::int64_t first = source * axes_[column_axis_].from;
    fill(to, to + columns.begin * run_bytes_);
    gather_range(x_ + static_cast<std::size_t>(first) * run_bytes_,
                 places_[column_axis_] + columns.begin, columns.end - columns.begin, run_bytes_,
                 to + columns.begin * run_bytes_);
    fill(to + columns.end * run_bytes_, to + row_bytes_);
  }

  void fill(std::byte* to, const std::byte* end) const {
    for (; to < end; to += element_bytes_)
      std::memcpy(to, extrapolation_, element_bytes_);
  }

  void set_extrapolation(DType dtype, double value) {
    element_bytes_ = dtype_bytes(dtype);
    visit_dtype(dtype, [&](auto tag) {
      using T = typename decltype(tag)::Type;
      if constexpr (kIsNumber<T>) {
        const auto converted = static_cast<T>(value);
        std::memcpy(extrapolation_, &converted, sizeof(T));
      }
    });
  }

  const ResizeAxes& axes_;
  const std::byte* x_;
  std::byte* y_;
  std::array<std::int64_t*, kMaxRank> places_{};
  std::array<Covered, kMaxRank> covered_{};
  std::byte extrapolation_[sizeof(double)] = {};
  std::size_t column_axis_ = 0;
  std::size_t count_ = 1;
  std::size_t element_bytes_;
  std::size_t run_bytes_;
  std::size_t row_bytes_;
};

}  // namespace

std::size_t nearest_scratch_bytes(const Resampling& resampling, const Shape& x) {
  std::size_t places = 0;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    places += static_cast<std::size_t>(resampling.axes[axis].to);
  return places * sizeof(std::int64_t);
}

void resample_nearest(const Resampling& resampling, const Tensor& x, const Tensor& y,
                      std::byte* scratch, const Execution& execution) {
  const NearestRows rows(resampling, x, y, reinterpret_cast<std::int64_t*>(scratch));
  share_out(rows.count(), rows.elements(), execution, [&](Range part) { rows.write(part); });
}

}  // namespace fourfold
