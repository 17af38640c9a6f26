#include "ops/elementwise/broadcast.h"

#include <algorithm>

#include "base/check.h"

namespace fourfold {
namespace {

constexpr std::size_t kNone = kMaxRank;

// The axis of a shape that lies on `axis` of one of `rank` dimensions, or kNone.
std::size_t aligned_axis(const Shape& shape, std::size_t axis, std::size_t rank) {
  return axis + shape.rank() < rank ? kNone : axis + shape.rank() - rank;
}

std::int64_t aligned_size(const Shape& shape, std::size_t axis, std::size_t rank) {
  const std::size_t own = aligned_axis(shape, axis, rank);
  return own == kNone ? 1 : shape[own];
}

}  // namespace

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const std::size_t rank = std::max(a.rank(), b.rank());
  Shape shape;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    const std::int64_t of_a = aligned_size(a, axis, rank), of_b = aligned_size(b, axis, rank);
    const bool both_known = of_a != kAnySize && of_b != kAnySize;
    if (both_known && of_a != of_b && of_a != 1 && of_b != 1) {
      refuse_value("expected shapes that broadcast, received ", shape_text(a), " and ",
                   shape_text(b));
    }
    shape.append(of_a == 1 || (of_a == kAnySize && of_b != 1) ? of_b : of_a);
  }
  return shape;
}

BroadcastLoops::BroadcastLoops(const Tensor* inputs, std::size_t count, const Shape& output)
    : count_(count) {
  const std::size_t rank = output.rank();
  std::size_t elements[kMaxBroadcastInputs] = {1, 1, 1};  // of the axes passed, per input
  for (std::size_t axis = rank; axis-- > 0;) {
    Loop loop{static_cast<std::size_t>(output[axis]), {}};
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = static_cast<std::size_t>(aligned_size(inputs[i].shape(), axis, rank));
      loop.strides[i] = size == 1 ? 0 : elements[i];
      elements[i] *= size;
    }
    if (loop.size != 1) add_axis(loop);
  }
  while (depth_ < 2)
    loops_[depth_++] = {1, {}};
  for (std::size_t i = 1; i < depth_; ++i)
    rows_ *= loops_[i].size;
}

void BroadcastLoops::add_axis(const Loop& axis) {
  const Loop* inner = depth_ == 0 ? nullptr : &loops_[depth_ - 1];
  bool goes_on = inner != nullptr;
  for (std::size_t i = 0; goes_on && i < count_; ++i)
    goes_on = axis.strides[i] == inner->strides[i] * inner->size;
  if (goes_on) {
    loops_[depth_ - 1].size *= axis.size;
  } else {
    loops_[depth_++] = axis;
  }
}

BroadcastBlock BroadcastLoops::part_of_row(Range columns) const {
  BroadcastBlock block{{}, columns.begin, 1, columns.end - columns.begin};
  for (std::size_t i = 0; i < count_; ++i) {
    const std::size_t stride = loops_[0].strides[i];
    block.inputs[i] = {columns.begin * stride, 0, stride == 0};
  }
  return block;
}

BroadcastBlock BroadcastLoops::rows_from(std::size_t row, std::size_t end) const {
  const std::size_t columns = loops_[0].size;
  const std::size_t run = loops_[1].size;
  const std::size_t rows = std::min(end - row, run - row % run);
  BroadcastBlock block{{}, row * columns, rows, columns};
  for (std::size_t i = 0; i < count_; ++i)
    block.inputs[i] = {0, loops_[1].strides[i], loops_[0].strides[i] == 0};
  std::size_t rest = row;
  for (std::size_t loop = 1; loop < depth_; ++loop) {
    const std::size_t index = rest % loops_[loop].size;
    rest /= loops_[loop].size;
    for (std::size_t i = 0; i < count_; ++i)
      block.inputs[i].first += index * loops_[loop].strides[i];
  }
  return block;
}

}  // namespace fourfold
