// A shape as one of its axes cuts it: [outer, size, inner].
#pragma once

#include <cstddef>

#include "ops/tensor.h"

namespace fourfold {

struct AxisSplit {
  std::size_t outer;
  std::size_t size;
  std::size_t inner;
};

// All sizes known; axis < rank.
inline AxisSplit split_at_axis(const Shape& shape, std::size_t axis) {
  AxisSplit split = {1, static_cast<std::size_t>(shape[axis]), 1};
  for (std::size_t i = 0; i < axis; ++i)
    split.outer *= static_cast<std::size_t>(shape[i]);
  for (std::size_t i = axis + 1; i < shape.rank(); ++i)
    split.inner *= static_cast<std::size_t>(shape[i]);
  return split;
}

}  // namespace fourfold
