// gemm_f32: matrix product in float32, for layers that stay in float.
//
//   y[r][n] = fma(x[r][K-1], w[K-1][n], ... fma(x[r][1], w[1][n], fma(x[r][0], w[0][n], bias[n])))
//
// One chain of fused multiply-adds along depth, in order, starting from the bias: the same bits on
// every ISA, for any number of rows. (Vectors run across columns; nothing is split along depth.)
//
// Shapes  x: rows x depth, rows `x_stride` elements apart, any depth >= 0.
//         w: columns / 16 panels of depth x 16, row-major (matmul/packed_weights.h); columns is a
//         multiple of 16. bias: `columns` values.
//         y: rows x columns, rows `y_stride` elements apart; `valid_columns` <= columns of each
//         row are written (the padding of the last panel is not).
// Memory  Reads and writes nothing outside these shapes, any alignment. x and y do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct GemmF32Block {
  const float* x;
  std::size_t x_stride;
  const float* w;
  const float* bias;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  std::size_t valid_columns;
  std::size_t depth;
};

struct GemmF32Kernels {
  Isa isa;
  void (*block)(const GemmF32Block&);
};

#define FOURFOLD_KERNELS(name) extern const GemmF32Kernels name;
#include "kernels/gemm_f32/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const GemmF32Kernels* kGemmF32List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/gemm_f32/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const GemmF32Kernels& gemm_f32_kernels(Isa active) {
  return first_runnable(kGemmF32List, active);
}

}  // namespace fourfold
