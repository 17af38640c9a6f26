// The depthwise kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include "kernels/simd/common.h"
// Ours build on it.
#include "kernels/depthwise_f32/pixels.h"
#include "kernels/depthwise_f32/plane.h"

namespace fourfold {
namespace {

// The largest tiles that leave registers for the inputs and a weight: `rows`, and pixels, times
// `vectors` sums.
template <std::size_t rows, std::size_t vectors>
constexpr DepthwiseF32Kernels depthwise_f32_kernels_on(Isa isa) {
  return {isa, convolve_plane<rows, vectors>, convolve_pixels<vectors>};
}

}  // namespace
}  // namespace fourfold
