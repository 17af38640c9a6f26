// The zero_point kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd/common.h"
#include "kernels/zero_point/zero_point.h"

namespace fourfold {
namespace {

FOURFOLD_INLINE I32 quantized(F32 x, F32 scale, F32 zero) {
  const F32 ratio = x / scale;
  const F32 number = select(equal(ratio, ratio), ratio, broadcast(0.0f));
  const F32 above = max(number, broadcast(-128.0f) - zero);
  return round_to_i32(min(above, broadcast(127.0f) - zero)) + round_to_i32(zero);
}

struct ByOne {
  F32 scale;
  F32 zero;
  FOURFOLD_INLINE I32 operator()(const ZeroPointBlock& block, std::size_t i, std::size_t n) const {
    return quantized(n == kLanes ? load(block.x + i) : load(block.x + i, n), scale, zero);
  }
};

struct ByEach {
  FOURFOLD_INLINE I32 operator()(const ZeroPointBlock& block, std::size_t i, std::size_t n) const {
    if (n == kLanes)
      return quantized(load(block.x + i), load(block.scales + i), load(block.zeros + i));
    return quantized(load(block.x + i, n), load(block.scales + i, n), load(block.zeros + i, n));
  }
};

// Four vectors fill one store.
template <class Quantize>
FOURFOLD_INLINE void quantize_all(const ZeroPointBlock& block, Quantize quantize) {
  constexpr std::size_t kStep = 4 * kLanes;
  std::size_t i = 0;
  for (; i + kStep <= block.count; i += kStep) {
    const I32 a = quantize(block, i, kLanes);
    const I32 b = quantize(block, i + kLanes, kLanes);
    const I32 c = quantize(block, i + 2 * kLanes, kLanes);
    const I32 d = quantize(block, i + 3 * kLanes, kLanes);
    store_s8(block.q + i, a, b, c, d, block.flip);
  }
  for (; i < block.count; i += kLanes) {
    const std::size_t n = lanes_at(i, block.count);
    store_s8(block.q + i, quantize(block, i, n), n, block.flip);
  }
}

void quantize_by_one(const ZeroPointBlock& block) {
  quantize_all(block, ByOne{broadcast(*block.scales), broadcast(*block.zeros)});
}

void quantize_by_each(const ZeroPointBlock& block) {
  quantize_all(block, ByEach{});
}

// Two of each, so that no step waits for the one before.
Extent extent(const float* x, std::size_t count) {
  F32 low = broadcast(0.0f), high = low, other_low = low, other_high = low;
  std::size_t i = 0;
  for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
    const F32 a = load(x + i), b = load(x + i + kLanes);
    low = min(a, low);
    high = max(a, high);
    other_low = min(b, other_low);
    other_high = max(b, other_high);
  }
  for (; i < count; i += kLanes) {
    const F32 a = load(x + i, lanes_at(i, count));
    low = min(a, low);
    high = max(a, high);
  }
  float lows[kLanes], highs[kLanes];
  store(lows, min(other_low, low));
  store(highs, max(other_high, high));
  Extent extent = {lows[0], highs[0]};
  for (std::size_t lane = 1; lane < kLanes; ++lane) {
    extent.low = lows[lane] < extent.low ? lows[lane] : extent.low;
    extent.high = highs[lane] > extent.high ? highs[lane] : extent.high;
  }
  return extent;
}

constexpr ZeroPointKernels zero_point_kernels_on(Isa isa) {
  return {isa, quantize_by_one, quantize_by_each, extent};
}

}  // namespace
}  // namespace fourfold
