// gemm_f32: matrix product in float32, for layers and convolutions that stay in float.
//
//   y[r][n] = fma(x[r][K-1], w[K-1][n], ... fma(x[r][1], w[1][n], fma(x[r][0], w[0][n], start)))
//
// One chain of fused multiply-adds along depth, in order, starting from the bias: the same bits on
// every ISA, for any number of rows, wherever w lies. (Vectors run across columns; nothing is split
// along depth.)
//
// Shapes  x: rows x depth, rows `x_stride` elements apart, any depth >= 0.
//         w: panels of 16 columns, `panel_stride` elements apart; columns is a multiple of 16. In a
//         panel row d has 16 values, for `block` at d * row_stride, for `gathered` at row_offsets[d]:
//             packed (matmul/packed_weights.h)   row_stride 16, panel_stride 16 * depth
//             a plain matrix of n columns        row_stride n, panel_stride 16
//             the pixels under a window          row_offsets, panel_stride 16
//         start: bias[n], `columns` values; or row_bias[r]; or 0.0 if both are null.
//         y: rows x columns, rows `y_stride` elements apart; `valid_columns` <= columns of each
//         row are written (the padding of the last panel is not).
// Memory  Reads and writes nothing outside these shapes, any alignment. x and y do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct GemmF32Weight {
  const float* data;
  std::size_t panel_stride;
  std::size_t row_stride;
  const std::size_t* row_offsets;  // of `gathered` only
};

struct GemmF32Block {
  const float* x;
  std::size_t x_stride;
  GemmF32Weight w;
  const float* bias;
  const float* row_bias;
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
  void (*gathered)(const GemmF32Block&);
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
