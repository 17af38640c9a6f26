// quantize: float32 rows to int8, and int32 sums back to float32 or on to int8.
//
// rows (dynamic, one scale per row):
//   amax = max |x[r][k]|, taken on the bit patterns: NaN > Inf > every finite value
//   amax < 2^-100       scale[r] = 1, q = 0: a row of zeros, or as good as that
//   amax is Inf or NaN  scale[r] = NaN, q = 0: the whole output row becomes NaN, as in float
//   otherwise           scale[r] = amax * (1 / 127.0f)
//                       q = round_to_even(x * (127.0f / amax)), in [-127, 127]
// rows_of_absmax: the same, where amax is known: a row's values need to be read once only.
// fixed (static, one scale for all):
//   q = round_to_even(clamp(fma(x, inverse_scale, zero), low, 127)); NaN gives 0
//   zero is an integer, 0 unless others chose the scales (QDQ models); low is then -128, not -127.
// Stored is q ^ flip (see gemm_s8.h). Columns columns..depth of a row are stored as 0 ^ flip.
//
// track_absmax: absmax[r] = max(absmax[r], bits of max |x[r][k]|), for rows that come in pieces.
//
// dequantize:
//   v = fma(float(acc[r][n]), row_scale[r] * column_scale[n], bias[n])
//   w = v + residual[r][n], which rounds once more, if there is a residual; else v
//   u = w < floor ? floor : w             floor 0 is a relu, -Inf leaves all as it is; or, where that
//                                         is asked for and there is no residual, hard_swish(w)
//   y[r][n] = fma(u, post_scale[n], post_shift[n]) if there are these, else u
//   A residual of int8 is float(residual[r][n]) * residual_scale, rounded.
// requantize: fixed of that, without a detour through memory; q is stored as it is, without a flip.
//
// affine_columns: y[r][n] = fma(x[r][n], scale[n], shift[n])
//
// Shapes  x: rows x columns, `x_stride` elements apart; columns may be any number >= 0.
//         q: rows x depth, `q_stride` bytes apart, depth >= columns; fastest in multiples of 64.
//         acc: rows x columns, `acc_stride` elements apart. residual, y, and q of requantize:
//         rows x columns, their strides apart; y, or q, may be the residual itself.
// Memory  Reads and writes nothing outside these shapes, any alignment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct QuantizeBlock {
  const float* x;
  std::size_t x_stride;
  std::int8_t* q;
  std::size_t q_stride;
  float* scales;        // rows, rows_of_absmax: written, one per row. fixed: unused
  float inverse_scale;  // fixed only
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  std::uint8_t flip;
  const std::int32_t* absmax = nullptr;  // rows_of_absmax only: bits of amax, one per row
  float zero = 0.0f;                     // fixed only, as is low
  std::int8_t low = -127;
};

struct AbsmaxBlock {
  const float* x;
  std::size_t x_stride;
  std::int32_t* absmax;  // bits, as integers in the order of the magnitudes; 0 to begin with
  std::size_t rows;
  std::size_t columns;
};

// What is added to values: float32, or int8 with one scale. Both null: nothing.
struct ResidualRows {
  const float* f32;
  const std::int8_t* s8;
  std::size_t stride;
  float scale;  // of s8
};

// One factor and one addend for each column; null for none, both or neither.
struct ColumnAffine {
  const float* scale;
  const float* shift;
};

// Sums, and all that makes values of them.
struct ScaledSums {
  const std::int32_t* acc;
  std::size_t acc_stride;
  const float* row_scales;
  const float* column_scales;
  const float* bias;
  ResidualRows residual;
  std::size_t rows;
  std::size_t columns;
  float floor;
  ColumnAffine post;
  bool hard_swish = false;
};

struct DequantizeBlock {
  ScaledSums sums;
  float* y;
  std::size_t y_stride;
};

struct RequantizeBlock {
  ScaledSums sums;
  std::int8_t* q;
  std::size_t q_stride;
  float inverse_scale;
  float zero = 0.0f;
  std::int8_t low = -127;
};

struct ColumnAffineBlock {
  const float* x;
  std::size_t x_stride;
  float* y;  // may be x
  std::size_t y_stride;
  ColumnAffine affine;
  std::size_t rows;
  std::size_t columns;
};

struct QuantizeKernels {
  Isa isa;
  void (*rows)(const QuantizeBlock&);
  void (*rows_of_absmax)(const QuantizeBlock&);
  void (*fixed)(const QuantizeBlock&);
  void (*track_absmax)(const AbsmaxBlock&);
  void (*dequantize)(const DequantizeBlock&);
  void (*requantize)(const RequantizeBlock&);
  void (*affine_columns)(const ColumnAffineBlock&);
};

#define FOURFOLD_KERNELS(name) extern const QuantizeKernels name;
#include "kernels/quantize/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const QuantizeKernels* kQuantizeList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/quantize/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const QuantizeKernels& quantize_kernels(Isa active) {
  return first_runnable(kQuantizeList, active);
}

}  // namespace fourfold
