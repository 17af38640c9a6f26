// depthwise_f32's plane. Include after one vocabulary and common.h.
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/depthwise_f32/depthwise_f32.h"

namespace fourfold {
namespace {

template <std::size_t rows, std::size_t vectors>
struct PlaneTile {
  F32 sums[rows][vectors];

  // What row `i` of x adds to each row of output that it lies under, point after point.
  template <std::size_t points_y, std::size_t stride_y, std::size_t i>
  FOURFOLD_INLINE void add_row(const DepthwisePlane& block, const float* x) {
    for (std::size_t px = 0; px < block.points_x; ++px) {
      const float* from = x + block.offsets[i * block.points_x + px];
      F32 inputs[vectors];
      FOURFOLD_UNROLL
      for (std::size_t v = 0; v < vectors; ++v)
        inputs[v] = load(from + v * kLanes);
      FOURFOLD_UNROLL
      for (std::size_t r = 0; r < rows; ++r) {
        if (r * stride_y > i || i - r * stride_y >= points_y) continue;
        const F32 w = broadcast(block.w[(i - r * stride_y) * block.points_x + px]);
        FOURFOLD_UNROLL
        for (std::size_t v = 0; v < vectors; ++v)
          sums[r][v] = fma(inputs[v], w, sums[r][v]);
      }
    }
  }

  template <std::size_t points_y, std::size_t stride_y, std::size_t i = 0>
  FOURFOLD_INLINE void add_rows(const DepthwisePlane& block, const float* x) {
    if constexpr (i < (rows - 1) * stride_y + points_y) {
      add_row<points_y, stride_y, i>(block, x);
      add_rows<points_y, stride_y, i + 1>(block, x);
    }
  }
};

template <std::size_t rows, std::size_t vectors, std::size_t points_y, std::size_t stride_y>
void convolve_plane_tile(const DepthwisePlane& block, std::size_t row, std::size_t column) {
  PlaneTile<rows, vectors> tile;
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      tile.sums[r][v] = broadcast(block.bias);
  }
  tile.template add_rows<points_y, stride_y>(block, block.x + row * block.x_stride + column);
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    float* y = block.y + (row + r) * block.y_stride + column;
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) {
      const std::size_t n = lanes_at(column + v * kLanes, block.columns);
      if (n == kLanes) {
        store(y + v * kLanes, tile.sums[r][v]);
      } else if (n > 0) {
        store(y + v * kLanes, tile.sums[r][v], n);
      }
    }
  }
}

// A last tile of fewer rows begins higher, and writes some rows again, the same.
template <std::size_t vectors, std::size_t points_y, std::size_t stride_y>
void convolve_plane_strip(const DepthwisePlane& block, std::size_t column) {
  if (block.rows < kPlaneRows) {
    for (std::size_t row = 0; row < block.rows; ++row)
      convolve_plane_tile<1, vectors, points_y, stride_y>(block, row, column);
    return;
  }
  for (std::size_t row = 0; row < block.rows; row += kPlaneRows) {
    const std::size_t last = block.rows - kPlaneRows;
    convolve_plane_tile<kPlaneRows, vectors, points_y, stride_y>(block, row < last ? row : last,
                                                                 column);
  }
}

template <std::size_t vectors, std::size_t points_y, std::size_t stride_y>
void convolve_plane_columns(const DepthwisePlane& block, std::size_t column) {
  // Of what is left all vectors but the last are whole: then a narrower strip is left.
  for (; column + (vectors - 1) * kLanes < block.columns; column += vectors * kLanes)
    convolve_plane_strip<vectors, points_y, stride_y>(block, column);
  if constexpr (vectors > 1) {
    if (column < block.columns) {
      convolve_plane_columns<vectors - 1, points_y, stride_y>(block, column);
    }
  }
}

template <std::size_t vectors>
void convolve_plane(const DepthwisePlane& block) {
  const bool of_5 = block.points_y == 5, by_2 = block.stride_y == 2;
  if (of_5 && by_2) return convolve_plane_columns<vectors, 5, 2>(block, 0);
  if (of_5) return convolve_plane_columns<vectors, 5, 1>(block, 0);
  if (by_2) return convolve_plane_columns<vectors, 3, 2>(block, 0);
  return convolve_plane_columns<vectors, 3, 1>(block, 0);
}

}  // namespace
}  // namespace fourfold
