// depthwise_f32: convolution of each channel by itself, in float32.
//
//   y = fma(x under the last point, its w, ... fma(x under the first, its w, bias))
//
// One chain of fused multiply-adds along the points of the window, in order: the same bits on every
// ISA, and as gemm_f32 gives for a depth of one channel.
//
// plane   Of one channel, under a window of size x size: lanes are neighbouring positions. Row i of
//         x has its positions under point px at x[i * x_stride + offsets[px]], one next to the
//         other. Row r of output meets, under point (py, px), the row i = r * stride_y + py: so a
//         row is loaded once for all the rows of output that it lies under. size is 3 or 5, stride_y
//         1 or 2 (has_plane_kernel).
// pixels  Of all channels of some pixels of a row of output: lanes are channels. Pixel p has under
//         point px of the window's row r the channels at inputs[r * inputs_stride + p * step + px]:
//         step is the stride where windows overlap in these pointers. w is [window_rows][points_x]
//         [channels], bias channels values or null.
//
// Memory  plane reads, of each row, whole lines of 16 positions, up to 15 behind the last; else
//         nothing outside these shapes is read or written, at any alignment. Nothing overlaps.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct DepthwisePlane {
  const float* x;
  const std::size_t* offsets;  // [size]
  std::size_t x_stride;
  const float* w;  // [size][size]
  float bias;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  std::size_t size;
  std::size_t stride_y;
};

constexpr bool has_plane_kernel(std::size_t size, std::size_t stride_y) {
  return (size == 3 || size == 5) && (stride_y == 1 || stride_y == 2);
}

struct DepthwisePixels {
  const float* const* inputs;
  std::size_t inputs_stride;
  std::size_t step;
  const float* w;
  const float* bias;
  float* y;
  std::size_t y_stride;
  std::size_t pixels;
  std::size_t window_rows;
  std::size_t points_x;
  std::size_t channels;
};

struct DepthwiseF32Kernels {
  Isa isa;
  void (*plane)(const DepthwisePlane&);
  void (*pixels)(const DepthwisePixels&);
};

#define FOURFOLD_KERNELS(name) extern const DepthwiseF32Kernels name;
#include "kernels/depthwise_f32/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const DepthwiseF32Kernels* kDepthwiseF32List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/depthwise_f32/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const DepthwiseF32Kernels& depthwise_f32_kernels(Isa active) {
  return first_runnable(kDepthwiseF32List, active);
}

}  // namespace fourfold
