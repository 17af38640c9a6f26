// depthwise_f32's pixels. Include after one vocabulary and common.h.
#pragma once

#include <cstddef>

#include "base/unroll.h"
#include "kernels/depthwise_f32/depthwise_f32.h"

namespace fourfold {
namespace {

constexpr std::size_t kPixelsAtOnce = 4;

// `vectors` vectors of channels from `channel` on, the last of them of n lanes, of `pixels` pixels.
template <std::size_t pixels, std::size_t vectors>
FOURFOLD_INLINE void convolve_pixels_tile(const DepthwisePixels& block, std::size_t pixel,
                                          std::size_t channel, std::size_t n) {
  const auto load_at = [&](const float* from, std::size_t v) {
    return v + 1 < vectors || n == kLanes ? load(from + channel + v * kLanes)
                                          : load(from + channel + v * kLanes, n);
  };
  F32 sums[pixels][vectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v) {
    const F32 bias = block.bias != nullptr ? load_at(block.bias, v) : broadcast(0.0f);
    FOURFOLD_UNROLL
    for (std::size_t p = 0; p < pixels; ++p)
      sums[p][v] = bias;
  }
  const float* const* inputs = block.inputs + pixel * block.points;
  for (std::size_t k = 0; k < block.points; ++k) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) {
      const F32 w = load_at(block.w + k * block.channels, v);
      FOURFOLD_UNROLL
      for (std::size_t p = 0; p < pixels; ++p)
        sums[p][v] = fma(load_at(inputs[p * block.points + k], v), w, sums[p][v]);
    }
  }
  FOURFOLD_UNROLL
  for (std::size_t p = 0; p < pixels; ++p) {
    float* y = block.y + (pixel + p) * block.y_stride + channel;
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) {
      if (v + 1 < vectors || n == kLanes) {
        store(y + v * kLanes, sums[p][v]);
      } else {
        store(y + v * kLanes, sums[p][v], n);
      }
    }
  }
}

template <std::size_t pixels, std::size_t vectors>
void convolve_pixels_row(const DepthwisePixels& block, std::size_t pixel) {
  std::size_t channel = 0;
  for (; channel + vectors * kLanes <= block.channels; channel += vectors * kLanes)
    convolve_pixels_tile<pixels, vectors>(block, pixel, channel, kLanes);
  for (; channel < block.channels; channel += kLanes) {
    convolve_pixels_tile<pixels, 1>(block, pixel, channel, lanes_at(channel, block.channels));
  }
}

template <std::size_t vectors>
void convolve_pixels(const DepthwisePixels& block) {
  std::size_t pixel = 0;
  for (; pixel + kPixelsAtOnce <= block.pixels; pixel += kPixelsAtOnce)
    convolve_pixels_row<kPixelsAtOnce, vectors>(block, pixel);
  for (; pixel < block.pixels; ++pixel)
    convolve_pixels_row<1, vectors>(block, pixel);
}

}  // namespace
}  // namespace fourfold
