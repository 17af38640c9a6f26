// pow: three exponents over the SIMD vocabulary, the others in float64. Include after one
// vocabulary, simd/common.h and binary/operations.h.
#pragma once

#include <math.h>

#include <cstddef>

#include "kernels/math/in_float64.h"

namespace fourfold {
namespace {

FOURFOLD_INLINE F32 square(F32 x, F32) {
  return x * x;
}
FOURFOLD_INLINE F32 cube(F32 x, F32) {
  return x * x * x;
}

// C99's pow(-0.0, 0.5) is +0.0, and pow(-Inf, 0.5) is +Inf.
FOURFOLD_INLINE F32 square_root(F32 x, F32) {
  const F32 infinity = broadcast(INFINITY);
  const F32 root = sqrt(x + broadcast(0.0f));
  return select(equal(x, broadcast(-INFINITY)), infinity, root);
}

void pow_in_float64(const BinaryBlock& block) {
  const std::size_t a_step = block.a.single ? 0 : 1;
  const std::size_t b_step = block.b.single ? 0 : 1;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* a = block.a.data + r * block.a.row_stride;
    const float* b = block.b.data + r * block.b.row_stride;
    float* y = block.y + r * block.y_stride;
    for (std::size_t k = 0; k < block.columns; ++k)
      y[k] = in_float64::pow(a[k * a_step], b[k * b_step]);
  }
}

void pow(const BinaryBlock& block) {
  const bool is_scalar = block.b.single && block.b.row_stride == 0 && block.rows > 0;
  const float exponent = is_scalar ? *block.b.data : 0.0f;
  if (exponent == 2.0f) {
    over_rows<square>(block);
  } else if (exponent == 3.0f) {
    over_rows<cube>(block);
  } else if (exponent == 0.5f) {
    over_rows<square_root>(block);
  } else {
    pow_in_float64(block);
  }
}

}  // namespace
}  // namespace fourfold
