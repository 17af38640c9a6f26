// What a value made of a sum passes through on its way out, as types: the loops of convert.h are built
// for each combination that is called for. Include after one vocabulary, simd/common.h,
// activation/hard.h and quantize/scaling.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

// Residuals: at row 0, column 0; of at(column), that column. `offset` counts elements from there.

struct NoResidual {
  static constexpr std::size_t stride = 0;
  FOURFOLD_INLINE NoResidual at(std::size_t) const { return *this; }
  FOURFOLD_INLINE void next_rows(std::size_t) {}
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t, Lanes...) const {
    return value;
  }
};

struct FloatResidual {
  const float* row;
  std::size_t stride;
  FOURFOLD_INLINE FloatResidual at(std::size_t column) const { return {row + column, stride}; }
  FOURFOLD_INLINE void next_rows(std::size_t rows) { row += rows * stride; }
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t offset, Lanes... lanes) const {
    return value + load(row + offset, lanes...);
  }
};

struct QuantizedResidual {
  const std::int8_t* row;
  std::size_t stride;
  F32 scale;
  FOURFOLD_INLINE QuantizedResidual at(std::size_t column) const {
    return {row + column, stride, scale};
  }
  FOURFOLD_INLINE void next_rows(std::size_t rows) { row += rows * stride; }
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t offset, Lanes... lanes) const {
    return value + to_float(load_s8(row + offset, lanes...)) * scale;
  }
};

// Activations.

struct Floor {
  F32 floor;
  FOURFOLD_INLINE F32 operator()(F32 value) const { return max(floor, value); }
};

struct HardSwish {
  FOURFOLD_INLINE F32 operator()(F32 value) const { return hard_swish(value, value); }
};

// What comes behind them.

struct NoAffine {
  template <class... Lanes>
  FOURFOLD_INLINE F32 of(F32 value, std::size_t, Lanes...) const {
    return value;
  }
};

// Read again for every row: beside the scales and biases there are no registers left for it.
struct Affine {
  ColumnAffine columns;
  template <class... Lanes>
  FOURFOLD_INLINE F32 of(F32 value, std::size_t column, Lanes... lanes) const {
    return fma(value, load(columns.scale + column, lanes...),
               load(columns.shift + column, lanes...));
  }
};

// Outputs: as residuals. kPacks: four vectors are stored at once, and faster than one by one.

struct FloatRow {
  static constexpr bool kPacks = false;
  static constexpr bool kFitting = false;
  float* row;
  std::size_t stride;
  FOURFOLD_INLINE FloatRow at(std::size_t column) const { return {row + column, stride}; }
  FOURFOLD_INLINE void next_rows(std::size_t rows) { row += rows * stride; }
  template <int kVectors, class... Lanes>
  FOURFOLD_INLINE void put(const F32 (&values)[kVectors], std::size_t offset,
                           Lanes... lanes) const {
    FOURFOLD_UNROLL
    for (int v = 0; v < kVectors; ++v)
      store(row + offset + v * kLanes, values[v], lanes...);
  }
};

// fitting: no value is NaN or, scaled, beyond int32, and below `lowest` there is nothing.
template <bool fitting>
struct QuantizedRow {
  static constexpr bool kPacks = true;
  static constexpr bool kFitting = fitting;
  std::int8_t* row;
  std::size_t stride;
  ScaledAndClamped quantize;
  std::int8_t lowest;  // of fitting ones: -127, or 0 for a relu
  FOURFOLD_INLINE QuantizedRow at(std::size_t column) const {
    return {row + column, stride, quantize, lowest};
  }
  FOURFOLD_INLINE void next_rows(std::size_t rows) { row += rows * stride; }
  FOURFOLD_INLINE void put(const F32 (&values)[4], std::size_t offset) const {
    if constexpr (fitting) {
      store_fitting_s8(row + offset, quantize.steps(values[0]), quantize.steps(values[1]),
                       quantize.steps(values[2]), quantize.steps(values[3]), lowest);
    } else {
      store_s8(row + offset, quantize(values[0]), quantize(values[1]), quantize(values[2]),
               quantize(values[3]), /*flip=*/0);
    }
  }
  FOURFOLD_INLINE void put(const F32 (&values)[1], std::size_t offset,
                           std::size_t lanes = kLanes) const {
    I32 value = quantize(values[0]);
    if constexpr (fitting) value = max(value, broadcast_i32(lowest));
    store_s8(row + offset, value, lanes, /*flip=*/0);
  }
};

}  // namespace
}  // namespace fourfold
