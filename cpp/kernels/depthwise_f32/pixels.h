// depthwise_f32's pixels. Include after one vocabulary and common.h.
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/depthwise_f32/depthwise_f32.h"

namespace fourfold {
namespace {

constexpr std::size_t kPixelsAtOnce = 4;

// `vectors` vectors of channels, the last of them, unless all are whole, of n lanes.
template <std::size_t vectors, bool whole>
struct Channels {
  std::size_t first;
  std::size_t n;

  FOURFOLD_INLINE F32 read(const float* from, std::size_t v) const {
    const float* at = from + first + v * kLanes;
    return whole || v + 1 < vectors ? load(at) : load(at, n);
  }
  FOURFOLD_INLINE void write(float* to, std::size_t v, F32 values) const {
    float* at = to + first + v * kLanes;
    if (whole || v + 1 < vectors) {
      store(at, values);
    } else {
      store(at, values, n);
    }
  }
};

// What one row of the window adds. Any window.
template <std::size_t pixels, std::size_t vectors, bool whole>
FOURFOLD_INLINE void add_any_row(const DepthwisePixels& block, const float* const* inputs,
                                 const float* w, const Channels<vectors, whole>& channels,
                                 F32 (&sums)[pixels][vectors]) {
  for (std::size_t px = 0; px < block.points_x; ++px, w += block.channels) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) {
      const F32 weight = channels.read(w, v);
      FOURFOLD_UNROLL
      for (std::size_t p = 0; p < pixels; ++p)
        sums[p][v] = fma(channels.read(inputs[p * block.step + px], v), weight, sums[p][v]);
    }
  }
}

// The same of windows whose pixels overlap: what several meet is loaded once.
template <std::size_t points_x, std::size_t step, std::size_t pixels, std::size_t vectors,
          bool whole>
FOURFOLD_INLINE void add_row(const DepthwisePixels& block, const float* const* inputs,
                             const float* w, const Channels<vectors, whole>& channels,
                             F32 (&sums)[pixels][vectors]) {
  constexpr std::size_t kInputs = (pixels - 1) * step + points_x;
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v) {
    F32 x[kInputs];
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < kInputs; ++i)
      x[i] = channels.read(inputs[i], v);
    FOURFOLD_UNROLL
    for (std::size_t px = 0; px < points_x; ++px) {
      const F32 weight = channels.read(w + px * block.channels, v);
      FOURFOLD_UNROLL
      for (std::size_t p = 0; p < pixels; ++p)
        sums[p][v] = fma(x[p * step + px], weight, sums[p][v]);
    }
  }
}

// points_x 0: any.
template <std::size_t points_x, std::size_t step, std::size_t pixels, std::size_t vectors,
          bool whole>
FOURFOLD_INLINE void convolve_pixels_tile(const DepthwisePixels& block, std::size_t pixel,
                                          const Channels<vectors, whole>& channels) {
  F32 sums[pixels][vectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v) {
    const F32 bias = block.bias != nullptr ? channels.read(block.bias, v) : broadcast(0.0f);
    FOURFOLD_UNROLL
    for (std::size_t p = 0; p < pixels; ++p)
      sums[p][v] = bias;
  }
  const float* const* inputs = block.inputs + pixel * block.step;
  const float* w = block.w;
  for (std::size_t row = 0; row < block.window_rows; ++row) {
    if constexpr (points_x == 0) {
      add_any_row(block, inputs, w, channels, sums);
    } else {
      add_row<points_x, step>(block, inputs, w, channels, sums);
    }
    inputs += block.inputs_stride;
    w += block.points_x * block.channels;
  }
  FOURFOLD_UNROLL
  for (std::size_t p = 0; p < pixels; ++p) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      channels.write(block.y + (pixel + p) * block.y_stride, v, sums[p][v]);
  }
}

template <std::size_t points_x, std::size_t step, std::size_t vectors, bool whole>
void convolve_channels(const DepthwisePixels& block, const Channels<vectors, whole>& channels) {
  std::size_t pixel = 0;
  for (; pixel + kPixelsAtOnce <= block.pixels; pixel += kPixelsAtOnce)
    convolve_pixels_tile<points_x, step, kPixelsAtOnce>(block, pixel, channels);
  for (; pixel < block.pixels; ++pixel)
    convolve_pixels_tile<0, 0, 1>(block, pixel, channels);
}

// Some channels of all pixels, then the next: their weights, and what neighbours share, stay in L1.
// Of the last vector there may be less than all; what is left takes half as many.
template <std::size_t points_x, std::size_t step, std::size_t vectors>
void convolve_all_channels(const DepthwisePixels& block, std::size_t channel) {
  for (; channel + vectors * kLanes <= block.channels; channel += vectors * kLanes)
    convolve_channels<points_x, step>(block, Channels<vectors, true>{channel, kLanes});
  if (channel + (vectors - 1) * kLanes < block.channels) {
    const std::size_t n = lanes_at(channel + (vectors - 1) * kLanes, block.channels);
    convolve_channels<points_x, step>(block, Channels<vectors, false>{channel, n});
  } else if constexpr (vectors > 1) {
    if (channel < block.channels) {
      convolve_all_channels<points_x, step, vectors / 2>(block, channel);
    }
  }
}

template <std::size_t vectors>
void convolve_pixels(const DepthwisePixels& block) {
  const std::size_t points = block.points_x, step = block.step;
  if (points == 3 && step == 1) return convolve_all_channels<3, 1, vectors>(block, 0);
  if (points == 3 && step == 2) return convolve_all_channels<3, 2, vectors>(block, 0);
  if (points == 5 && step == 1) return convolve_all_channels<5, 1, vectors>(block, 0);
  if (points == 5 && step == 2) return convolve_all_channels<5, 2, vectors>(block, 0);
  convolve_all_channels<0, 0, vectors>(block, 0);
}

}  // namespace
}  // namespace fourfold
