// The loops from int32 sums to values, over the types of terms.h. Include after it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/quantize/quantize.h"

namespace fourfold {
namespace {

// From `row` on, kRows rows at once of kVectors full vectors, or of one with `lanes` columns: their
// scales and biases stay in registers while the rows pass by. Four vectors, of one row or several,
// are stored together. residual and out are at the first column of row 0. Gives the row that is next.
template <int kVectors, int kRows, class Residual, class Activation, class Post, class Out,
          class... Lanes>
FOURFOLD_INLINE std::size_t convert_columns(const ScaledSums& sums, std::size_t row,
                                            std::size_t column, Residual residual,
                                            Activation activate, Post post, Out out,
                                            Lanes... lanes) {
  constexpr int kAll = kVectors * kRows;
  constexpr int kTogether = kAll < 4 ? 1 : 4;
  F32 column_scales[kVectors];
  F32 bias[kVectors];
  FOURFOLD_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    column_scales[v] = load(sums.column_scales + column + v * kLanes, lanes...);
    bias[v] = load(sums.bias + column + v * kLanes, lanes...);
  }
  const std::size_t acc_stride = sums.acc_stride, rows = sums.rows;
  const std::int32_t* acc = sums.acc + row * acc_stride + column;
  const float* row_scales = sums.row_scales;
  residual.next_rows(row);
  out.next_rows(row);
  for (; row + kRows <= rows; row += kRows, acc += kRows * acc_stride) {
    FOURFOLD_UNROLL
    for (int first = 0; first < kAll; first += kTogether) {
      F32 values[kTogether];
      FOURFOLD_UNROLL
      for (int i = 0; i < kTogether; ++i) {
        const int r = (first + i) / kVectors, v = (first + i) % kVectors;
        const std::size_t at = v * kLanes;
        const F32 scale = broadcast(row_scales[row + r]) * column_scales[v];
        const F32 sum = to_float(load_i32(acc + r * acc_stride + at, lanes...));
        const F32 value =
            residual.added_to(fma(sum, scale, bias[v]), r * residual.stride + at, lanes...);
        values[i] = post.of(activate(value), column + at, lanes...);
      }
      out.put(values, first * kLanes, lanes...);
    }
    residual.next_rows(kRows);
    out.next_rows(kRows);
  }
  return row;
}

// Of few columns, without gaps between rows of the output: as many rows as make up four vectors.
// Those that are left, and rows of any other kind, are not done. Gives the row that is next.
template <class Residual, class Activation, class Post, class Out>
FOURFOLD_INLINE std::size_t convert_dense(const ScaledSums& sums, Residual residual,
                                          Activation activate, Post post, Out out) {
  switch (sums.columns) {
    case kLanes:
      return convert_columns<1, 4>(sums, 0, 0, residual, activate, post, out);
    case 2 * kLanes:
      return convert_columns<2, 2>(sums, 0, 0, residual, activate, post, out);
    case 3 * kLanes:
      return convert_columns<3, 4>(sums, 0, 0, residual, activate, post, out);
    default:
      return 0;
  }
}

template <class Residual, class Activation, class Post, class Out>
FOURFOLD_INLINE void convert(const ScaledSums& sums, Residual residual, Activation activate,
                             Post post, Out out) {
  const std::size_t columns = sums.columns;
  std::size_t row = 0, column = 0;
  if (Out::kPacks && out.stride == columns)
    row = convert_dense(sums, residual, activate, post, out);
  for (; column + 4 * kLanes <= columns; column += 4 * kLanes) {
    convert_columns<4, 1>(sums, row, column, residual.at(column), activate, post, out.at(column));
  }
  for (; column + kLanes <= columns; column += kLanes) {
    convert_columns<1, 1>(sums, row, column, residual.at(column), activate, post, out.at(column));
  }
  if (column < columns) {
    convert_columns<1, 1>(sums, row, column, residual.at(column), activate, post, out.at(column),
                          columns - column);
  }
}

}  // namespace
}  // namespace fourfold
