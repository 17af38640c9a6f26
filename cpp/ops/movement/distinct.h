// Which slices of a tensor along an axis are the same.
#pragma once

#include <vector>

#include "ops/tensor.h"

namespace fourfold {

struct Distinct {
  std::vector<std::int64_t> first;    // of each different slice: where it comes first
  std::vector<std::int64_t> counts;   // and how often it comes
  std::vector<std::int64_t> inverse;  // of each slice: which of the different ones it is
};

// Sorted: ascending, slices compared element by element; else in order of first coming.
// Compared as numbers: -0 equals 0; NaNs equal each other and are above all others.
Distinct find_distinct(const Tensor& x, std::size_t axis, bool sorted);

}  // namespace fourfold
