// The elements of one type as those of another, for every pair of types.
//
//   to a float      rounded to nearest even, once: infinity beyond the range, NaN stays NaN.
//                   Integers become half precision by way of float32, as in NumPy.
//   float to int    truncated toward zero; beyond the range the nearest number in it, 0 for NaN.
//   int to int      wraps around.
//   to bool         x != 0, so that NaN is true.
//   from bool       0 or 1.
#pragma once

#include <cstddef>

#include "ops/dtype.h"

namespace fourfold {

// y[i] = x[i] for i < count. They do not overlap.
void convert(DType from, const void* x, DType to, void* y, std::size_t count);

}  // namespace fourfold
