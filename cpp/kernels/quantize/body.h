// The quantize kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/unroll.h"
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

// One vector of `lanes` columns, or kVectors full ones: their scales and biases stay in registers
// while the rows pass by.
template <int kVectors, class... Lanes>
FOURFOLD_INLINE void dequantize_columns(const DequantizeBlock& block, std::size_t column,
                                        Lanes... lanes) {
  F32 column_scales[kVectors];
  F32 bias[kVectors];
  FOURFOLD_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    column_scales[v] = load(block.column_scales + column + v * kLanes, lanes...);
    bias[v] = load(block.bias + column + v * kLanes, lanes...);
  }
  const F32 floor = broadcast(block.floor);
  const std::int32_t* acc = block.acc + column;
  float* y = block.y + column;
  const float* row_scales = block.row_scales;
  const std::size_t acc_stride = block.acc_stride;
  const std::size_t y_stride = block.y_stride;
  const std::size_t rows = block.rows;
  for (std::size_t r = 0; r < rows; ++r, acc += acc_stride, y += y_stride) {
    const F32 row_scale = broadcast(row_scales[r]);
    FOURFOLD_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const F32 sum = to_float(load_i32(acc + v * kLanes, lanes...));
      const F32 value = fma(sum, row_scale * column_scales[v], bias[v]);
      store(y + v * kLanes, max(floor, value), lanes...);
    }
  }
}

void dequantize(const DequantizeBlock& block) {
  std::size_t column = 0;
  for (; column + 4 * kLanes <= block.columns; column += 4 * kLanes)
    dequantize_columns<4>(block, column);
  for (; column + kLanes <= block.columns; column += kLanes)
    dequantize_columns<1>(block, column);
  if (column < block.columns) dequantize_columns<1>(block, column, block.columns - column);
}

constexpr QuantizeKernels quantize_kernels_on(Isa isa) {
  return {isa, quantize_rows, quantize_fixed, dequantize};
}

}  // namespace
}  // namespace fourfold
