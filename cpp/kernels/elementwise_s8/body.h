// The elementwise_s8 kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/elementwise_s8/elementwise_s8.h"
#include "kernels/simd/common.h"
// These build on that.
#include "kernels/quantize/scaling.h"

namespace fourfold {
namespace {

struct FloatsAt {
  const float* row;
  template <class... Lanes>
  FOURFOLD_INLINE F32 at(std::size_t i, Lanes... lanes) const {
    return load(row + i, lanes...);
  }
};

struct BytesAt {
  const std::int8_t* row;
  F32 scale;
  F32 zero;
  template <class... Lanes>
  FOURFOLD_INLINE F32 at(std::size_t i, Lanes... lanes) const {
    return (to_float(load_s8(row + i, lanes...)) - zero) * scale;
  }
};

struct SingleValue {
  F32 value;
  template <class... Lanes>
  FOURFOLD_INLINE F32 at(std::size_t, Lanes...) const {
    return value;
  }
};

struct FloatsTo {
  float* row;
  FOURFOLD_INLINE void put(std::size_t i, const F32 (&values)[4]) const {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < 4; ++v)
      store(row + i + v * kLanes, values[v]);
  }
  FOURFOLD_INLINE void put(std::size_t i, F32 value, std::size_t n) const {
    store(row + i, value, n);
  }
};

// numbers: no value is NaN.
template <bool numbers>
struct BytesTo {
  std::int8_t* row;
  ScaledAndClamped quantize;
  FOURFOLD_INLINE void put(std::size_t i, const F32 (&values)[4]) const {
    if constexpr (numbers) {
      store_rounded_s8(row + i, quantize.steps(values[0]), quantize.steps(values[1]),
                       quantize.steps(values[2]), quantize.steps(values[3]), quantize.low);
    } else {
      store_s8(row + i, quantize(values[0]), quantize(values[1]), quantize(values[2]),
               quantize(values[3]), /*flip=*/0);
    }
  }
  FOURFOLD_INLINE void put(std::size_t i, F32 value, std::size_t n) const {
    store_s8(row + i, quantize(value), n, /*flip=*/0);
  }
};

struct Sum {
  FOURFOLD_INLINE F32 operator()(F32 a, F32 b) const { return a + b; }
};

struct Product {
  FOURFOLD_INLINE F32 operator()(F32 a, F32 b) const { return a * b; }
};

template <class Join, class A, class B, class Out>
FOURFOLD_INLINE void join_row(Join join, A a, B b, F32 floor, Out out, std::size_t columns) {
  std::size_t i = 0;
  for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
    F32 values[4];
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < 4; ++v)
      values[v] = max(floor, join(a.at(i + v * kLanes), b.at(i + v * kLanes)));
    out.put(i, values);
  }
  for (; i < columns; i += kLanes) {
    const std::size_t n = lanes_at(i, columns);
    out.put(i, max(floor, join(a.at(i, n), b.at(i, n))), n);
  }
}

// a_at(r), b_at(r) and out_at(r) are what row r is read from and written to.
template <class Join, class AAt, class BAt, class OutAt>
FOURFOLD_INLINE void join_rows(const BinaryOperands& block, AAt a_at, BAt b_at, OutAt out_at) {
  const F32 floor = broadcast(block.floor);
  for (std::size_t r = 0; r < block.rows; ++r)
    join_row(Join{}, a_at(r), b_at(r), floor, out_at(r), block.columns);
}

template <class Join, class AAt, class OutAt>
FOURFOLD_INLINE void join_with_b(const BinaryOperands& block, AAt a_at, OutAt out_at) {
  const OperandRows b = block.b;
  const F32 scale = broadcast(b.scale), zero = broadcast(b.zero);
  if (b.single) {
    const auto at = [=](std::size_t r) { return SingleValue{broadcast(b.f32[r * b.row_stride])}; };
    join_rows<Join>(block, a_at, at, out_at);
  } else if (b.s8 != nullptr) {
    const auto at = [=](std::size_t r) { return BytesAt{b.s8 + r * b.row_stride, scale, zero}; };
    join_rows<Join>(block, a_at, at, out_at);
  } else {
    const auto at = [=](std::size_t r) { return FloatsAt{b.f32 + r * b.row_stride}; };
    join_rows<Join>(block, a_at, at, out_at);
  }
}

template <class Join, class OutAt>
FOURFOLD_INLINE void join_operands(const BinaryOperands& block, OutAt out_at) {
  const OperandRows a = block.a;
  const F32 scale = broadcast(a.scale), zero = broadcast(a.zero);
  if (a.s8 != nullptr) {
    const auto at = [=](std::size_t r) { return BytesAt{a.s8 + r * a.row_stride, scale, zero}; };
    join_with_b<Join>(block, at, out_at);
  } else {
    const auto at = [=](std::size_t r) { return FloatsAt{a.f32 + r * a.row_stride}; };
    join_with_b<Join>(block, at, out_at);
  }
}

template <class Join>
void join_to_f32(const BinaryOperands& block, const BinaryRowsF32& out) {
  join_operands<Join>(block, [=](std::size_t r) { return FloatsTo{out.y + r * out.y_stride}; });
}

// Bytes times their scale, as far as that is no infinity.
FOURFOLD_INLINE bool are_numbers(const OperandRows& operand, std::size_t columns) {
  constexpr std::int32_t kBelowBits = 0x71800000;  // of 2^100
  if (operand.s8 != nullptr) return operand.scale < 0x1p100f;
  if (operand.row_stride != 0) return false;  // not the same few in every row
  const std::size_t count = operand.single ? 1 : columns;
  I32 most = broadcast_i32(0);
  for (std::size_t i = 0; i < count; i += kLanes)
    most = max(most, abs_bits(load(operand.f32 + i, lanes_at(i, count))));
  return max_lane(most) < kBelowBits;
}

template <class Join, bool numbers>
FOURFOLD_INLINE void join_to_bytes(const BinaryOperands& block, const BinaryRowsS8& out) {
  const ScaledAndClamped quantize{broadcast(out.inverse_scale), broadcast(out.zero), out.low};
  join_operands<Join>(
      block, [=](std::size_t r) { return BytesTo<numbers>{out.y + r * out.y_stride, quantize}; });
}

// Neither a sum nor a product of numbers is NaN.
template <class Join>
void join_to_s8(const BinaryOperands& block, const BinaryRowsS8& out) {
  const bool scales = out.inverse_scale > 0.0f && out.inverse_scale < INFINITY;
  if (scales && are_numbers(block.a, block.columns) && are_numbers(block.b, block.columns))
    return join_to_bytes<Join, true>(block, out);
  join_to_bytes<Join, false>(block, out);
}

void dequantize_values(const DequantizeValues& block) {
  const BytesAt x{block.x, broadcast(block.scale), broadcast(block.zero)};
  std::size_t i = 0;
  for (; i + kLanes <= block.count; i += kLanes)
    store(block.y + i, x.at(i));
  if (i < block.count) store(block.y + i, x.at(i, block.count - i), block.count - i);
}

constexpr ElementwiseS8Kernels elementwise_s8_kernels_on(Isa isa) {
  return {isa,
          dequantize_values,
          join_to_f32<Sum>,
          join_to_f32<Product>,
          join_to_s8<Sum>,
          join_to_s8<Product>};
}

}  // namespace
}  // namespace fourfold
