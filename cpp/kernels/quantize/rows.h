// Rows of float32 to int8. Include after one vocabulary, simd/common.h, reduce/absmax.h and
// quantize/scaling.h.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

constexpr std::int32_t kTinyBits = 0x0d800000;      // 2^-100: 127 / amax stays finite above it
constexpr std::int32_t kInfinityBits = 0x7f800000;  // NaN lies above

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

// A row whose largest magnitude has these bits.
FOURFOLD_INLINE void quantize_scaled_row(const QuantizeBlock& block, std::size_t r,
                                         std::int32_t bits) {
  std::int8_t* q = block.q + r * block.q_stride;
  if (bits < kTinyBits || bits >= kInfinityBits) {
    block.scales[r] = bits < kTinyBits ? 1.0f : NAN;
    memset(q, block.flip, block.depth);
    return;
  }
  float amax;
  memcpy(&amax, &bits, sizeof amax);
  block.scales[r] = amax * (1.0f / kLargest);
  quantize_row(block.x + r * block.x_stride, q, block, Scaled{broadcast(kLargest / amax)});
}

void quantize_rows(const QuantizeBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    quantize_scaled_row(block, r, absmax_bits(block.x + r * block.x_stride, block.columns));
  }
}

void quantize_rows_of_absmax(const QuantizeBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r)
    quantize_scaled_row(block, r, block.absmax[r]);
}

// Rows without gaps are a single one.
void quantize_fixed(const QuantizeBlock& block) {
  const ScaledAndClamped quantize{broadcast(block.inverse_scale), broadcast(block.zero), block.low};
  const std::size_t columns = block.columns;
  if (block.x_stride == columns && block.q_stride == columns && block.depth == columns) {
    QuantizeBlock joined = block;
    joined.columns = joined.depth = block.rows * columns;
    return quantize_row(block.x, block.q, joined, quantize);
  }
  for (std::size_t r = 0; r < block.rows; ++r) {
    quantize_row(block.x + r * block.x_stride, block.q + r * block.q_stride, block, quantize);
  }
}

void track_absmax(const AbsmaxBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const std::int32_t bits = absmax_bits(block.x + r * block.x_stride, block.columns);
    if (bits > block.absmax[r]) block.absmax[r] = bits;
  }
}

}  // namespace
}  // namespace fourfold
