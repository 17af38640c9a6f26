#include <cstring>

#include "ops/image/resample.h"
#include "ops/movement/indices.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// to[i] = from[i / kRepeat]: one load for so many stores.
template <std::size_t kBytes, std::size_t kRepeat>
void repeat_elements(const std::byte* from, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; i += kRepeat, from += kBytes) {
    for (std::size_t k = 0; k < kRepeat; ++k)
      std::memcpy(to + (i + k) * kBytes, from, kBytes);
  }
}

using RepeatRoutine = void (*)(const std::byte* from, std::size_t count, std::byte* to);

// For float32 at two, four or eight times the size, as feature pyramids have it; else null.
RepeatRoutine repeat_routine(const std::int64_t* places, std::size_t count, std::size_t bytes) {
  std::size_t repeat = 1;
  while (repeat < count && places[repeat] == 0)
    ++repeat;
  for (std::size_t i = 0; i < count; ++i) {
    if (places[i] != static_cast<std::int64_t>(i / repeat) || count % repeat != 0) return nullptr;
  }
  if (bytes != sizeof(float)) return nullptr;
  switch (repeat) {
    case 2:
      return repeat_elements<sizeof(float), 2>;
    case 4:
      return repeat_elements<sizeof(float), 4>;
    case 8:
      return repeat_elements<sizeof(float), 8>;
    default:
      return nullptr;
  }
}

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
    columns_ = y.size(column_axis_);
    row_bytes_ = columns_ * run_bytes_;
    repeat_ = repeat_routine(places_[column_axis_], columns_, run_bytes_);
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
    const std::byte* from = x_ + static_cast<std::size_t>(first) * run_bytes_;
    if (repeat_ != nullptr && columns.end - columns.begin == columns_) {
      return repeat_(from, columns_, to);
    }
    fill(to, to + columns.begin * run_bytes_);
    gather_range(from, places_[column_axis_] + columns.begin, columns.end - columns.begin,
                 run_bytes_, to + columns.begin * run_bytes_);
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
  std::size_t columns_;
  std::size_t row_bytes_;
  RepeatRoutine repeat_;
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
