// The elementwise_s8 kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/elementwise_s8/elementwise_s8.h"
#include "kernels/simd/common.h"
// These build on that.
#include "kernels/quantize/magnitude.h"
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

// Four vectors are put as they are joined; fewer values than that, behind the floor.
struct FloatsTo {
  float* row;
  F32 floor;
  FOURFOLD_INLINE void put(std::size_t i, const F32 (&values)[4]) const {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < 4; ++v)
      store(row + i + v * kLanes, max(floor, values[v]));
  }
  FOURFOLD_INLINE void put(std::size_t i, F32 value, std::size_t n) const {
    store(row + i, max(floor, value), n);
  }
};

// What is known of the values that become bytes. Fitting: that none, times the inverse scale, is NaN
// or beyond int32, and the floor is 0 or none; then bytes can be cut off where they are bytes.
enum class Values { kAny, kFitting };

template <Values values>
struct BytesTo {
  std::int8_t* row;
  F32 floor;
  ScaledAndClamped quantize;
  std::int8_t lowest;
  FOURFOLD_INLINE void put(std::size_t i, const F32 (&v)[4]) const {
    if constexpr (values == Values::kFitting) {
      store_fitting_s8(row + i, quantize.steps(v[0]), quantize.steps(v[1]), quantize.steps(v[2]),
                       quantize.steps(v[3]), lowest);
    } else {
      store_s8(row + i, quantize(max(floor, v[0])), quantize(max(floor, v[1])),
               quantize(max(floor, v[2])), quantize(max(floor, v[3])), /*flip=*/0);
    }
  }
  FOURFOLD_INLINE void put(std::size_t i, F32 value, std::size_t n) const {
    store_s8(row + i, quantize(max(floor, value)), n, /*flip=*/0);
  }
};

struct Sum {
  FOURFOLD_INLINE F32 operator()(F32 a, F32 b) const { return a + b; }
  static FOURFOLD_INLINE float most(float a, float b) { return a + b; }
};

struct Product {
  FOURFOLD_INLINE F32 operator()(F32 a, F32 b) const { return a * b; }
  static FOURFOLD_INLINE float most(float a, float b) { return a * b; }
};

template <class Join, class A, class B, class Out>
FOURFOLD_INLINE void join_row(Join join, A a, B b, Out out, std::size_t columns) {
  std::size_t i = 0;
  for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
    F32 values[4];
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < 4; ++v)
      values[v] = join(a.at(i + v * kLanes), b.at(i + v * kLanes));
    out.put(i, values);
  }
  for (; i < columns; i += kLanes) {
    const std::size_t n = lanes_at(i, columns);
    out.put(i, join(a.at(i, n), b.at(i, n)), n);
  }
}

// a_at(r), b_at(r) and out_at(r) are what row r is read from and written to.
template <class Join, class AAt, class BAt, class OutAt>
FOURFOLD_INLINE void join_rows(const BinaryOperands& block, AAt a_at, BAt b_at, OutAt out_at) {
  for (std::size_t r = 0; r < block.rows; ++r)
    join_row(Join{}, a_at(r), b_at(r), out_at(r), block.columns);
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
  const F32 floor = broadcast(block.floor);
  join_operands<Join>(block,
                      [=](std::size_t r) { return FloatsTo{out.y + r * out.y_stride, floor}; });
}

// The largest magnitude that an operand may have; infinity if that is not known.
FOURFOLD_INLINE float most_of(const OperandRows& operand, std::size_t columns) {
  if (operand.s8 != nullptr) return 256.0f * fabsf(operand.scale);  // the zero taken off
  if (operand.row_stride != 0) return INFINITY;                     // not the same few in every row
  return most_of(operand.f32, operand.single ? 1 : columns);
}

template <class Join>
FOURFOLD_INLINE bool all_fit(const BinaryOperands& block, float inverse_scale) {
  constexpr float kBelow = 0x1p30f;
  const bool floors_at_lowest = block.floor == 0.0f || block.floor == -INFINITY;
  if (!floors_at_lowest || !(inverse_scale > 0.0f)) return false;
  const float a = most_of(block.a, block.columns), b = most_of(block.b, block.columns);
  return Join::most(a, b) < kBelow && Join::most(a, b) * inverse_scale < kBelow;
}

template <class Join, Values values>
FOURFOLD_INLINE void join_to_bytes(const BinaryOperands& block, const BinaryRowsS8& out) {
  const ScaledAndClamped quantize{broadcast(out.inverse_scale), broadcast(out.zero), out.low};
  const F32 floor = broadcast(block.floor);
  const std::int8_t lowest = block.floor == 0.0f ? lowest_of_relu(out.zero, out.low) : out.low;
  join_operands<Join>(block, [=](std::size_t r) {
    return BytesTo<values>{out.y + r * out.y_stride, floor, quantize, lowest};
  });
}

template <class Join>
void join_to_s8(const BinaryOperands& block, const BinaryRowsS8& out) {
  if (all_fit<Join>(block, out.inverse_scale))
    return join_to_bytes<Join, Values::kFitting>(block, out);
  join_to_bytes<Join, Values::kAny>(block, out);
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
