#include "ops/movement/strided_copy.h"

#include <algorithm>

#include "base/round_up.h"
#include "ops/movement/copy_block.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// What one thread takes at once: enough to forget the cost of finding its place, little enough
// to share out evenly. A transposed block is 64 x 256 so that both sides hold whole tiles.
constexpr std::size_t kBlockElements = 16384;
constexpr std::size_t kTransposedColumns = 256;

// Of one block axis after the other, the innermost last: the place of block `index`.
template <class Axis>
class Odometer {
 public:
  Odometer(const Axis* axes, std::size_t rank, std::size_t index) : axes_(axes), rank_(rank) {
    for (std::size_t axis = rank; axis-- > 0;) {
      at_[axis] = index % axes[axis].size;
      index /= axes[axis].size;
      from_ += static_cast<std::ptrdiff_t>(at_[axis]) * axes[axis].from_stride;
      to_ += static_cast<std::ptrdiff_t>(at_[axis]) * axes[axis].to_stride;
    }
  }

  void advance() {
    for (std::size_t axis = rank_; axis-- > 0;) {
      const auto last = static_cast<std::ptrdiff_t>(axes_[axis].size - 1);
      const bool wraps = at_[axis] == static_cast<std::size_t>(last);
      at_[axis] = wraps ? 0 : at_[axis] + 1;
      from_ += wraps ? -last * axes_[axis].from_stride : axes_[axis].from_stride;
      to_ += wraps ? -last * axes_[axis].to_stride : axes_[axis].to_stride;
      if (!wraps) return;
    }
  }

  std::size_t operator[](std::size_t axis) const { return at_[axis]; }
  std::ptrdiff_t from() const { return from_; }
  std::ptrdiff_t to() const { return to_; }

 private:
  const Axis* axes_;
  std::size_t rank_;
  std::array<std::size_t, StridedCopy::kMaxAxes + 2> at_{};
  std::ptrdiff_t from_ = 0;
  std::ptrdiff_t to_ = 0;
};

template <class Axis>
Axis block_axis(const Axis& axis, std::size_t block) {
  const auto step = static_cast<std::ptrdiff_t>(block);
  return {ceil_div(axis.size, block), axis.from_stride * step, axis.to_stride * step};
}

}  // namespace

StridedCopy::StridedCopy(std::size_t element_bytes, const void* from, void* to)
    : element_bytes_(element_bytes),
      from_(static_cast<const std::byte*>(from)),
      to_(static_cast<std::byte*>(to)) {}

void StridedCopy::add_axis(std::size_t size, std::ptrdiff_t from_stride, std::ptrdiff_t to_stride) {
  empty_ |= size == 0;
  if (size <= 1) return;
  const auto bytes = static_cast<std::ptrdiff_t>(element_bytes_);
  const Axis axis = {size, from_stride * bytes, to_stride * bytes};
  if (rank_ > 0) {
    Axis& outer = axes_[rank_ - 1];
    const auto signed_size = static_cast<std::ptrdiff_t>(size);
    if (outer.from_stride == axis.from_stride * signed_size &&
        outer.to_stride == axis.to_stride * signed_size) {
      outer = {outer.size * size, axis.from_stride, axis.to_stride};
      return;
    }
  }
  axes_[rank_++] = axis;
}

// A short run is an element: pairs of float32 are moved as 8 bytes.
void StridedCopy::widen_elements() {
  if (rank_ == 0) return;
  const Axis& last = axes_[rank_ - 1];
  const auto bytes = static_cast<std::ptrdiff_t>(element_bytes_);
  if (last.from_stride != bytes || last.to_stride != bytes) return;
  if (last.size > kMaxCopyBytes / element_bytes_ || (last.size & (last.size - 1)) != 0) return;
  element_bytes_ *= last.size;
  --rank_;
}

StridedCopy::Axis StridedCopy::take_columns() {
  return rank_ == 0 ? Axis{1, 0, static_cast<std::ptrdiff_t>(element_bytes_)} : axes_[--rank_];
}

// Where the columns are strided in `from`, the axis that is not, for a transposition.
StridedCopy::Axis StridedCopy::take_rows(const Axis& columns) {
  if (rank_ == 0) return {1, 0, 0};
  const auto bytes = static_cast<std::ptrdiff_t>(element_bytes_);
  std::size_t chosen = rank_ - 1;
  for (std::size_t axis = 0; axis < rank_ && columns.from_stride != bytes; ++axis) {
    if (axes_[axis].from_stride == bytes) chosen = axis;
  }
  const Axis rows = axes_[chosen];
  std::copy(axes_.begin() + chosen + 1, axes_.begin() + rank_, axes_.begin() + chosen);
  --rank_;
  return rows;
}

void StridedCopy::run(const Execution& execution) {
  if (empty_) return;
  widen_elements();
  const Axis columns = take_columns();
  const Axis rows = take_rows(columns);
  const bool transposed = columns.from_stride != static_cast<std::ptrdiff_t>(element_bytes_);
  const std::size_t column_block =
      std::min(columns.size, transposed ? kTransposedColumns : kBlockElements);
  const std::size_t row_block = std::min(rows.size, kBlockElements / column_block);

  std::array<Axis, kMaxAxes + 2> blocks{};
  std::copy(axes_.begin(), axes_.begin() + rank_, blocks.begin());
  blocks[rank_] = block_axis(rows, row_block);
  blocks[rank_ + 1] = block_axis(columns, column_block);
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < rank_ + 2; ++axis)
    count *= blocks[axis].size;

  const CopyBlockRoutine copy_block = copy_block_routine(element_bytes_);
  share_out(count, row_block * column_block, execution, [&](Range part) {
    Odometer<Axis> at(blocks.data(), rank_ + 2, part.begin);
    for (std::size_t i = part.begin; i < part.end; ++i, at.advance()) {
      copy_block({from_ + at.from(), to_ + at.to(),
                  std::min(row_block, rows.size - at[rank_] * row_block),
                  std::min(column_block, columns.size - at[rank_ + 1] * column_block),
                  rows.from_stride, rows.to_stride, columns.from_stride, columns.to_stride});
    }
  });
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides{};
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= std::max<std::ptrdiff_t>(shape[axis], 1);
  }
  return strides;
}

Layout layout_of(const Tensor& tensor) {
  return {tensor.values_out<std::byte>(), contiguous_strides(tensor.shape())};
}

void move_along(Layout& layout, std::size_t axis, std::ptrdiff_t count, std::size_t element_bytes) {
  layout.first += count * layout.strides[axis] * static_cast<std::ptrdiff_t>(element_bytes);
}

void copy_box(const Shape& sizes, std::size_t element_bytes, const Layout& from, const Layout& to,
              const Execution& execution) {
  StridedCopy copy(element_bytes, from.first, to.first);
  for (std::size_t axis = 0; axis < sizes.rank(); ++axis)
    copy.add_axis(static_cast<std::size_t>(sizes[axis]), from.strides[axis], to.strides[axis]);
  copy.run(execution);
}

void fill_box(const Shape& sizes, std::size_t element_bytes, const void* value, const Layout& to,
              const Execution& execution) {
  StridedCopy copy(element_bytes, value, to.first);
  for (std::size_t axis = 0; axis < sizes.rank(); ++axis)
    copy.add_axis(static_cast<std::size_t>(sizes[axis]), 0, to.strides[axis]);
  copy.run(execution);
}

}  // namespace fourfold
