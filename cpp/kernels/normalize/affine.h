// Affine maps of whole columns or rows. Include after one vocabulary and simd/common.h.
#pragma once

#include <cstddef>

namespace fourfold {
namespace {

struct AffineOfThree {
  FOURFOLD_INLINE F32 operator()(F32 x, F32 scale, F32 shift) const { return fma(x, scale, shift); }
};

void affine_columns(const AffineBlock& affine) {
  for (std::size_t r = 0; r < affine.rows; ++r) {
    zip(affine.y + r * affine.y_stride, affine.columns, AffineOfThree{},
        affine.x + r * affine.x_stride, affine.scale, affine.shift);
  }
}

struct Affine {
  F32 scale;
  F32 shift;
  FOURFOLD_INLINE F32 operator()(F32 x) const { return fma(x, scale, shift); }
};

void affine_rows(const AffineBlock& affine) {
  for (std::size_t r = 0; r < affine.rows; ++r) {
    const Affine of_x{broadcast(affine.scale[r]), broadcast(affine.shift[r])};
    map(affine.x + r * affine.x_stride, affine.y + r * affine.y_stride, affine.columns, of_x);
  }
}

}  // namespace
}  // namespace fourfold
