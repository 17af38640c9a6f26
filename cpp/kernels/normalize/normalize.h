// normalize: float32 rows of `columns` >= 1 values, each normalized by itself, and the affine maps
// that normalizations become when their statistics are constants.
//
// layer_norm     y = fma((x - mean) i, gamma, beta), i = 1 / sqrt(variance + epsilon); mean and
//                variance in two passes (kernels/reduce). beta may be null: then the product alone.
// rms_norm       y = (x i) gamma, i = 1 / sqrt(sum(x^2) / n + epsilon). beta is not read.
//                Both: with a residual, sum = x + residual is written first, and normalized.
// l1_norm, l2_norm, max_norm
//                y = x / norm, norm = sum |x|, sqrt(sum x^2), max |x|; a row whose norm is 0 stays.
// affine_columns y[r][k] = fma(x[r][k], scale[k], shift[k]): batch norm with channels last
// affine_rows    y[r][k] = fma(x[r][k], scale[r], shift[r]): with channels first
//
// Sums run over 32 virtual lanes (lane l sums elements l, l + 32, ...), folded 16, 8, 4, 2, 1;
// everything rounds where it is written, and fma once: the same bits on every ISA.
//
// A NaN makes its row NaN, an Inf too under layer_norm; under the others an Inf becomes NaN and the
// rest of its row 0. Squares beyond the largest float count as Inf.
//
// Bounds on the error against float64, for up to 4,096 columns of like size, gamma 1 and beta 0:
//
//   layer_norm  5e-7 (|y| + max |x| / sqrt(variance + epsilon))
//   rms_norm    relative 5e-7
//
// Memory  Reads and writes nothing outside these shapes, any alignment. y and sum may be x or
//         residual, and y may be sum; otherwise they do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct NormalizeBlock {
  const float* x;
  std::size_t x_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
};

struct LayerNormBlock : NormalizeBlock {
  const float* residual;  // null: none, and sum is not written
  std::size_t residual_stride;
  float* sum;
  std::size_t sum_stride;
  const float* gamma;
  const float* beta;
  float epsilon;
};

struct AffineBlock : NormalizeBlock {
  const float* scale;
  const float* shift;
};

struct NormalizeKernels {
  Isa isa;
  void (*layer_norm)(const LayerNormBlock&);
  void (*rms_norm)(const LayerNormBlock&);
  void (*l1_norm)(const NormalizeBlock&);
  void (*l2_norm)(const NormalizeBlock&);
  void (*max_norm)(const NormalizeBlock&);
  void (*affine_columns)(const AffineBlock&);
  void (*affine_rows)(const AffineBlock&);
};

#define FOURFOLD_KERNELS(name) extern const NormalizeKernels name;
#include "kernels/normalize/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const NormalizeKernels* kNormalizeList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/normalize/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const NormalizeKernels& normalize_kernels(Isa active) {
  return first_runnable(kNormalizeList, active);
}

}  // namespace fourfold
