// depthwise_f32's plane. Include after one vocabulary and common.h.
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/depthwise_f32/depthwise_f32.h"

namespace fourfold {
namespace {

template <std::size_t size, std::size_t rows, std::size_t vectors>
struct PlaneTile {
  const float* points[size];  // of the window's columns, in the row of x at hand
  F32 sums[rows][vectors];

  // What row `i` of x adds to each row of output that it lies under, point after point.
  template <std::size_t stride_y, std::size_t i>
  FOURFOLD_INLINE void add_row(const DepthwisePlane& block) {
    FOURFOLD_UNROLL
    for (std::size_t px = 0; px < size; ++px) {
      F32 inputs[vectors];
      FOURFOLD_UNROLL
      for (std::size_t v = 0; v < vectors; ++v)
        inputs[v] = load(points[px] + v * kLanes);
      points[px] += block.x_stride;
      FOURFOLD_UNROLL
      for (std::size_t r = 0; r < rows; ++r) {
        if (r * stride_y > i || i - r * stride_y >= size) continue;
        const F32 w = broadcast(block.w[(i - r * stride_y) * size + px]);
        FOURFOLD_UNROLL
        for (std::size_t v = 0; v < vectors; ++v)
          sums[r][v] = fma(inputs[v], w, sums[r][v]);
      }
    }
  }

  template <std::size_t stride_y, std::size_t i = 0>
  FOURFOLD_INLINE void add_rows(const DepthwisePlane& block) {
    if constexpr (i < (rows - 1) * stride_y + size) {
      add_row<stride_y, i>(block);
      add_rows<stride_y, i + 1>(block);
    }
  }
};

template <std::size_t size, std::size_t stride_y, std::size_t rows, std::size_t vectors>
void convolve_plane_tile(const DepthwisePlane& block, std::size_t row, std::size_t column) {
  PlaneTile<size, rows, vectors> tile;
  const float* x = block.x + row * stride_y * block.x_stride + column;
  FOURFOLD_UNROLL
  for (std::size_t px = 0; px < size; ++px)
    tile.points[px] = x + block.offsets[px];
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      tile.sums[r][v] = broadcast(block.bias);
  }
  tile.template add_rows<stride_y>(block);
  const std::size_t last = column + (vectors - 1) * kLanes, n = lanes_at(last, block.columns);
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    float* y = block.y + (row + r) * block.y_stride + column;
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v + 1 < vectors; ++v)
      store(y + v * kLanes, tile.sums[r][v]);
    store(y + (vectors - 1) * kLanes, tile.sums[r][vectors - 1], n);
  }
}

// A last tile of fewer rows begins higher, and writes some rows again, the same.
template <std::size_t size, std::size_t stride_y, std::size_t rows, std::size_t vectors>
void convolve_plane_strip(const DepthwisePlane& block, std::size_t column) {
  if constexpr (rows > 1) {
    if (block.rows < rows) {
      return convolve_plane_strip<size, stride_y, rows / 2, vectors>(block, column);
    }
  }
  const std::size_t last = block.rows - rows;
  for (std::size_t row = 0; row < block.rows; row += rows) {
    const std::size_t from = row < last ? row : last;
    convolve_plane_tile<size, stride_y, rows, vectors>(block, from, column);
  }
}

// Of a strip only the last vector may be only begun: then what is left takes a narrower one.
template <std::size_t size, std::size_t stride_y, std::size_t rows, std::size_t vectors>
void convolve_plane_columns(const DepthwisePlane& block, std::size_t column) {
  for (; column + (vectors - 1) * kLanes < block.columns; column += vectors * kLanes)
    convolve_plane_strip<size, stride_y, rows, vectors>(block, column);
  if constexpr (vectors > 1) {
    if (column < block.columns) {
      convolve_plane_columns<size, stride_y, rows, vectors - 1>(block, column);
    }
  }
}

template <std::size_t rows, std::size_t vectors>
void convolve_plane(const DepthwisePlane& block) {
  const bool of_5 = block.size == 5, by_2 = block.stride_y == 2;
  if (of_5 && by_2) return convolve_plane_columns<5, 2, rows, vectors>(block, 0);
  if (of_5) return convolve_plane_columns<5, 1, rows, vectors>(block, 0);
  if (by_2) return convolve_plane_columns<3, 2, rows, vectors>(block, 0);
  return convolve_plane_columns<3, 1, rows, vectors>(block, 0);
}

}  // namespace
}  // namespace fourfold
