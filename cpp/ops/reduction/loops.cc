#include "ops/reduction/loops.h"

namespace fourfold {

void ReductionLoops::Nest::add(std::size_t size, std::size_t stride) {
  count *= size;
  sizes[depth] = size;
  strides[depth++] = stride;
}

std::size_t ReductionLoops::Nest::offset(std::size_t index) const {
  std::size_t offset = 0;
  for (std::size_t loop = 0; loop + 1 < depth; ++loop) {
    offset += index % sizes[loop] * strides[loop];
    index /= sizes[loop];
  }
  // What is left is the index of the outermost loop: mostly the only one, and never divided.
  return depth == 0 ? 0 : offset + index * strides[depth - 1];
}

ReductionLoops::ReductionLoops(const Shape& x, const AxisSet& reduced) {
  std::size_t stride = 1;
  bool innermost = true;
  for (std::size_t axis = x.rank(); axis > 0;) {
    const bool sort = reduced[axis - 1];
    std::size_t size = 1;  // of this axis and those before it that are of its sort, or of size 1
    for (; axis > 0 && (reduced[axis - 1] == sort || x[axis - 1] == 1); --axis)
      size *= static_cast<std::size_t>(x[axis - 1]);
    if (size == 1) continue;
    if (innermost) {
      run_ = size;
      sums_run_ = sort;
    } else {
      (sort ? reduced_ : kept_).add(size, stride);
    }
    innermost = false;
    stride *= size;
  }
}

Shape without_axis(const Shape& x, std::size_t axis, bool keep) {
  Shape shape;
  for (std::size_t i = 0; i < x.rank(); ++i) {
    if (i != axis) shape.append(x[i]);
    if (i == axis && keep) shape.append(1);
  }
  return shape;
}

}  // namespace fourfold
