// The quantize kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/quantize/quantize.h"
#include "kernels/simd/common.h"
// Ours builds on that.
#include "kernels/reduce/absmax.h"

namespace fourfold {
namespace {

constexpr float kLargest = 127.0f;
constexpr std::int32_t kTinyBits = 0x0d800000;      // 2^-100: 127 / amax stays finite above it
constexpr std::int32_t kInfinityBits = 0x7f800000;  // NaN lies above

struct Scaled {
  F32 inverse_scale;
  FOURFOLD_INLINE I32 operator()(F32 x) const { return round_to_i32(x * inverse_scale); }
};

struct ScaledAndClamped {
  F32 inverse_scale;
  FOURFOLD_INLINE I32 operator()(F32 x) const {
    const F32 scaled = x * inverse_scale;
    const F32 number = select(equal(scaled, scaled), scaled, broadcast(0.0f));
    return round_to_i32(clamp(number, -kLargest, kLargest));
  }
};

// Four vectors fill one store. Past `columns` the loads give 0, which is the padding.
template <class Quantize>
FOURFOLD_INLINE void quantize_row(const float* x, std::int8_t* q, const QuantizeBlock& block,
                                  Quantize quantize) {
  constexpr std::size_t kStep = 4 * kLanes;
  std::size_t i = 0;
  for (; i + kStep <= block.columns; i += kStep) {
    const I32 a = quantize(load(x + i));
    const I32 b = quantize(load(x + i + kLanes));
    const I32 c = quantize(load(x + i + 2 * kLanes));
    const I32 d = quantize(load(x + i + 3 * kLanes));
    store_s8(q + i, a, b, c, d, block.flip);
  }
  const auto quantize_end = [&](std::size_t offset) {
    return quantize(load(x + offset, lanes_at(offset, block.columns)));
  };
  for (; i + kStep <= block.depth; i += kStep) {
    store_s8(q + i, quantize_end(i), quantize_end(i + kLanes), quantize_end(i + 2 * kLanes),
             quantize_end(i + 3 * kLanes), block.flip);
  }
  for (; i < block.depth; i += kLanes) {
    store_s8(q + i, quantize_end(i), lanes_at(i, block.depth), block.flip);
  }
}

void quantize_rows(const QuantizeBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    std::int8_t* q = block.q + r * block.q_stride;
    const std::int32_t bits = absmax_bits(x, block.columns);
    if (bits < kTinyBits || bits >= kInfinityBits) {
      block.scales[r] = bits < kTinyBits ? 1.0f : NAN;
      memset(q, block.flip, block.depth);
      continue;
    }
    float amax;
    memcpy(&amax, &bits, sizeof amax);
    block.scales[r] = amax * (1.0f / kLargest);
    quantize_row(x, q, block, Scaled{broadcast(kLargest / amax)});
  }
}

void quantize_fixed(const QuantizeBlock& block) {
  const ScaledAndClamped quantize{broadcast(block.inverse_scale)};
  for (std::size_t r = 0; r < block.rows; ++r) {
    quantize_row(block.x + r * block.x_stride, block.q + r * block.q_stride, block, quantize);
  }
}

void dequantize(const DequantizeBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const std::int32_t* acc = block.acc + r * block.acc_stride;
    float* y = block.y + r * block.y_stride;
    const F32 row_scale = broadcast(block.row_scales[r]);
    std::size_t c = 0;
    for (; c + kLanes <= block.columns; c += kLanes) {
      const F32 scale = row_scale * load(block.column_scales + c);
      store(y + c, fma(to_float(load_i32(acc + c)), scale, load(block.bias + c)));
    }
    if (c < block.columns) {
      const std::size_t n = block.columns - c;
      const F32 scale = row_scale * load(block.column_scales + c, n);
      store(y + c, fma(to_float(load_i32(acc + c, n)), scale, load(block.bias + c, n)), n);
    }
  }
}

constexpr QuantizeKernels quantize_kernels_on(Isa isa) {
  return {isa, quantize_rows, quantize_fixed, dequantize};
}

}  // namespace
}  // namespace fourfold
