// The float32 matrix product, written once. Include after one vocabulary of kernels/simd.
//
//   for each strip of panels
//     for each tile of rows
//       sums = bias
//       for each d: sums[r][v] = fma(x[r][d], w[d][v], sums[r][v])       all sums in registers
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

constexpr std::size_t kPanelWidth = 16;
constexpr std::size_t kPanelVectors = kPanelWidth / kLanes;

// The rows x (16 * panels) tile of y whose upper left corner is (row, column).
template <std::size_t rows, std::size_t panels>
FOURFOLD_INLINE void multiply_tile(const GemmF32Block& block, std::size_t row, std::size_t column) {
  constexpr std::size_t kVectors = panels * kPanelVectors;
  const float* x = block.x + row * block.x_stride;
  const float* w = block.w + column * block.depth;
  const std::size_t panel_size = block.depth * kPanelWidth;

  F32 sums[rows][kVectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) {
    const F32 bias = load(block.bias + column + v * kLanes);
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r)
      sums[r][v] = bias;
  }
  for (std::size_t d = 0; d < block.depth; ++d, w += kPanelWidth) {
    F32 w_d[kVectors];
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      w_d[v] = load(w + v / kPanelVectors * panel_size + v % kPanelVectors * kLanes);
    }
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      const F32 x_rd = broadcast(x[r * block.x_stride + d]);
      FOURFOLD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[r][v] = fma(x_rd, w_d[v], sums[r][v]);
    }
  }
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    float* y = block.y + (row + r) * block.y_stride;
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t c = column + v * kLanes;
      const std::size_t n = lanes_at(c, block.valid_columns);
      if (n == kLanes) {
        store(y + c, sums[r][v]);
      } else if (n > 0) {
        store(y + c, sums[r][v], n);
      }
    }
  }
}

// Every row from `row` on: tiles of `rows`, then one smaller tile for what is left.
template <std::size_t rows, std::size_t panels>
void multiply_strip(const GemmF32Block& block, std::size_t row, std::size_t column) {
  for (; row + rows <= block.rows; row += rows)
    multiply_tile<rows, panels>(block, row, column);
  if constexpr (rows > 1) {
    if (row < block.rows) multiply_strip<rows - 1, panels>(block, row, column);
  }
}

// rows * panels * kPanelVectors sums, panels * kPanelVectors weights and one x must fit in the
// registers.
template <std::size_t rows, std::size_t panels>
void multiply(const GemmF32Block& block) {
  constexpr std::size_t kStrip = panels * kPanelWidth;
  std::size_t column = 0;
  for (; column + kStrip <= block.columns; column += kStrip) {
    multiply_strip<rows, panels>(block, 0, column);
  }
  for (; column < block.columns; column += kPanelWidth) {
    multiply_strip<rows, 1>(block, 0, column);
  }
}

}  // namespace
}  // namespace fourfold
