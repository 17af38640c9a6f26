// int32 sums to values, and on to int8. Include after one vocabulary, simd/common.h and
// quantize/scaling.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

struct NoResidual {
  FOURFOLD_INLINE void next_row() {}
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t, Lanes...) const {
    return value;
  }
};

struct FloatResidual {
  const float* row;
  std::size_t stride;
  FOURFOLD_INLINE void next_row() { row += stride; }
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t offset, Lanes... lanes) const {
    return value + load(row + offset, lanes...);
  }
};

struct QuantizedResidual {
  const std::int8_t* row;
  std::size_t stride;
  F32 scale;
  FOURFOLD_INLINE void next_row() { row += stride; }
  template <class... Lanes>
  FOURFOLD_INLINE F32 added_to(F32 value, std::size_t offset, Lanes... lanes) const {
    return value + to_float(load_s8(row + offset, lanes...)) * scale;
  }
};

struct NoAffine {
  template <class... Lanes>
  FOURFOLD_INLINE F32 of(F32 value, std::size_t, Lanes...) const {
    return value;
  }
};

// Read again for every row: next to the scales and biases there are no registers left for it.
struct Affine {
  ColumnAffine columns;
  template <class... Lanes>
  FOURFOLD_INLINE F32 of(F32 value, std::size_t column, Lanes... lanes) const {
    return fma(value, load(columns.scale + column, lanes...),
               load(columns.shift + column, lanes...));
  }
};

struct FloatRow {
  float* row;
  std::size_t stride;
  FOURFOLD_INLINE void next_row() { row += stride; }
  template <int kVectors, class... Lanes>
  FOURFOLD_INLINE void put(const F32 (&values)[kVectors], Lanes... lanes) const {
    FOURFOLD_UNROLL
    for (int v = 0; v < kVectors; ++v)
      store(row + v * kLanes, values[v], lanes...);
  }
};

struct QuantizedRow {
  std::int8_t* row;
  std::size_t stride;
  ScaledAndClamped quantize;
  FOURFOLD_INLINE void next_row() { row += stride; }
  FOURFOLD_INLINE void put(const F32 (&values)[4]) const {
    store_s8(row, quantize(values[0]), quantize(values[1]), quantize(values[2]),
             quantize(values[3]), /*flip=*/0);
  }
  FOURFOLD_INLINE void put(const F32 (&values)[1], std::size_t lanes = kLanes) const {
    store_s8(row, quantize(values[0]), lanes, /*flip=*/0);
  }
};

// One vector of `lanes` columns, or kVectors full ones: their scales and biases stay in registers
// while the rows pass by. residual and out are at the first row's first column.
template <int kVectors, class Residual, class Post, class Out, class... Lanes>
FOURFOLD_INLINE void convert_columns(const ScaledSums& sums, std::size_t column, Residual residual,
                                     Post post, Out out, Lanes... lanes) {
  F32 column_scales[kVectors];
  F32 bias[kVectors];
  FOURFOLD_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    column_scales[v] = load(sums.column_scales + column + v * kLanes, lanes...);
    bias[v] = load(sums.bias + column + v * kLanes, lanes...);
  }
  const F32 floor = broadcast(sums.floor);
  const std::int32_t* acc = sums.acc + column;
  const float* row_scales = sums.row_scales;
  const std::size_t acc_stride = sums.acc_stride;
  const std::size_t rows = sums.rows;
  for (std::size_t r = 0; r < rows; ++r, acc += acc_stride) {
    const F32 row_scale = broadcast(row_scales[r]);
    F32 values[kVectors];
    FOURFOLD_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const F32 sum = to_float(load_i32(acc + v * kLanes, lanes...));
      const F32 value = fma(sum, row_scale * column_scales[v], bias[v]);
      const F32 above = max(floor, residual.added_to(value, v * kLanes, lanes...));
      values[v] = post.of(above, column + v * kLanes, lanes...);
    }
    out.put(values, lanes...);
    residual.next_row();
    out.next_row();
  }
}

// residual_at(column) and out_at(column) are where a column of the first row lies.
template <class ResidualAt, class Post, class OutAt>
FOURFOLD_INLINE void convert(const ScaledSums& sums, ResidualAt residual_at, Post post,
                             OutAt out_at) {
  const std::size_t columns = sums.columns;
  std::size_t column = 0;
  for (; column + 4 * kLanes <= columns; column += 4 * kLanes)
    convert_columns<4>(sums, column, residual_at(column), post, out_at(column));
  for (; column + kLanes <= columns; column += kLanes)
    convert_columns<1>(sums, column, residual_at(column), post, out_at(column));
  if (column < columns) {
    convert_columns<1>(sums, column, residual_at(column), post, out_at(column), columns - column);
  }
}

template <class ResidualAt, class OutAt>
FOURFOLD_INLINE void convert(const ScaledSums& sums, ResidualAt residual_at, OutAt out_at) {
  if (sums.post.scale == nullptr) return convert(sums, residual_at, NoAffine{}, out_at);
  convert(sums, residual_at, Affine{sums.post}, out_at);
}

template <class OutAt>
FOURFOLD_INLINE void convert(const ScaledSums& sums, OutAt out_at) {
  const ResidualRows& residual = sums.residual;
  if (residual.f32 != nullptr) {
    const auto at = [&](std::size_t column) {
      return FloatResidual{residual.f32 + column, residual.stride};
    };
    return convert(sums, at, out_at);
  }
  if (residual.s8 != nullptr) {
    const F32 scale = broadcast(residual.scale);
    const auto at = [&](std::size_t column) {
      return QuantizedResidual{residual.s8 + column, residual.stride, scale};
    };
    return convert(sums, at, out_at);
  }
  convert(sums, [](std::size_t) { return NoResidual{}; }, out_at);
}

void dequantize(const DequantizeBlock& block) {
  convert(block.sums,
          [&](std::size_t column) { return FloatRow{block.y + column, block.y_stride}; });
}

void requantize(const RequantizeBlock& block) {
  const ScaledAndClamped quantize{broadcast(block.inverse_scale)};
  convert(block.sums, [&](std::size_t column) {
    return QuantizedRow{block.q + column, block.q_stride, quantize};
  });
}

struct FusedMultiplyAdd {
  FOURFOLD_INLINE F32 operator()(F32 x, F32 scale, F32 shift) const { return fma(x, scale, shift); }
};

void affine_columns(const ColumnAffineBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    zip(block.y + r * block.y_stride, block.columns, FusedMultiplyAdd{},
        block.x + r * block.x_stride, block.affine.scale, block.affine.shift);
  }
}

}  // namespace
}  // namespace fourfold
