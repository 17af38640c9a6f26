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

// More rows per tile would gain nothing, and cost code.
constexpr std::size_t kMostRows = 12;

template <std::size_t rows, std::size_t vectors>
FOURFOLD_INLINE void start_sums(const GemmF32Block& block, std::size_t row, std::size_t column,
                                F32 (&sums)[rows][vectors]) {
  if (block.row_bias != nullptr) {
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      FOURFOLD_UNROLL
      for (std::size_t v = 0; v < vectors; ++v)
        sums[r][v] = broadcast(block.row_bias[row + r]);
    }
    return;
  }
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v) {
    const float* bias = block.bias + column + v * kLanes;
    const F32 start = block.bias != nullptr ? load(bias) : broadcast(0.0f);
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r)
      sums[r][v] = start;
  }
}

// Of the last strip of y only `count` columns: by way of memory, which is rare and little code.
template <std::size_t rows, std::size_t vectors>
FOURFOLD_INLINE void store_sums(const F32 (&sums)[rows][vectors], float* y, std::size_t y_stride,
                                std::size_t count) {
  constexpr std::size_t kStrip = vectors * kLanes;
  float whole[rows * kStrip];
  const bool all = count >= kStrip;
  float* to = all ? y : whole;
  const std::size_t stride = all ? y_stride : kStrip;
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      store(to + r * stride + v * kLanes, sums[r][v]);
  }
  if (all) return;
  for (std::size_t r = 0; r < rows; ++r) {
    map(whole + r * kStrip, y + r * y_stride, count, Itself{});
  }
}

// The rows x (16 * panels) tile of y whose upper left corner is (row, column).
template <std::size_t rows, std::size_t panels, bool gathers>
FOURFOLD_INLINE void multiply_tile(const GemmF32Block& block, std::size_t row, std::size_t column) {
  constexpr std::size_t kVectors = panels * kPanelVectors;
  const float* x = block.x + row * block.x_stride;
  const float* w = block.w.data + column / kPanelWidth * block.w.panel_stride;

  F32 sums[rows][kVectors];
  start_sums(block, row, column, sums);
  for (std::size_t d = 0; d < block.depth; ++d) {
    const float* row_d = w + (gathers ? block.w.row_offsets[d] : d * block.w.row_stride);
    F32 w_d[kVectors];
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      w_d[v] = load(row_d + v / kPanelVectors * block.w.panel_stride + v % kPanelVectors * kLanes);
    }
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      const F32 x_rd = broadcast(x[r * block.x_stride + d]);
      FOURFOLD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v)
        sums[r][v] = fma(x_rd, w_d[v], sums[r][v]);
    }
  }
  const std::size_t count = block.valid_columns > column ? block.valid_columns - column : 0;
  store_sums(sums, block.y + row * block.y_stride + column, block.y_stride, count);
}

// Every row from `row` on: tiles of `rows`, then one smaller tile for what is left.
template <std::size_t rows, std::size_t panels, bool gathers>
void multiply_strip(const GemmF32Block& block, std::size_t row, std::size_t column) {
  for (; row + rows <= block.rows; row += rows)
    multiply_tile<rows, panels, gathers>(block, row, column);
  if constexpr (rows > 1) {
    if (row < block.rows) multiply_strip<rows - 1, panels, gathers>(block, row, column);
  }
}

// Every column from `column` on: strips of `panels`, then narrower and taller tiles for what is
// left, so that enough sums are on their way to cover an addition's latency. A tile has `tiles`
// times 16 sums at most: these, its panels' weights and one x must fit in the registers.
template <std::size_t tiles, std::size_t most_rows, std::size_t panels, bool gathers>
void multiply_columns(const GemmF32Block& block, std::size_t column) {
  constexpr std::size_t kRows = tiles / panels < most_rows ? tiles / panels : most_rows;
  constexpr std::size_t kStrip = panels * kPanelWidth;
  for (; column + kStrip <= block.columns; column += kStrip)
    multiply_strip<kRows, panels, gathers>(block, 0, column);
  if constexpr (panels > 1) {
    if (column < block.columns) {
      multiply_columns<tiles, most_rows, panels / 2, gathers>(block, column);
    }
  }
}

// A single row has no neighbours to share its weights with: only panels make it wide.
template <std::size_t tiles, std::size_t panels, std::size_t panels_of_one_row, bool gathers>
void multiply(const GemmF32Block& block) {
  if (block.rows == 1) {
    multiply_columns<panels_of_one_row, 1, panels_of_one_row, gathers>(block, 0);
  } else {
    multiply_columns<tiles, kMostRows, panels, gathers>(block, 0);
  }
}

template <std::size_t tiles, std::size_t panels, std::size_t panels_of_one_row>
constexpr GemmF32Kernels gemm_f32_kernels_on(Isa isa) {
  return {isa, multiply<tiles, panels, panels_of_one_row, false>,
          multiply<tiles, panels, panels_of_one_row, true>};
}

}  // namespace
}  // namespace fourfold
