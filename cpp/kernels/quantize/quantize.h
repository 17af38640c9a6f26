// quantize: float32 rows to int8, and int32 sums back to float32.
//
// rows (dynamic, one scale per row):
//   amax = max |x[r][k]|, taken on the bit patterns: NaN > Inf > every finite value
//   amax < 2^-100       scale[r] = 1, q = 0: a row of zeros, or as good as that
//   amax is Inf or NaN  scale[r] = NaN, q = 0: the whole output row becomes NaN, as in float
//   otherwise           scale[r] = amax * (1 / 127.0f)
//                       q = round_to_even(x * (127.0f / amax)), in [-127, 127]
// fixed (static, one scale for all):
//   q = round_to_even(clamp(x * inverse_scale, -127, 127)); NaN gives 0
// Stored is q ^ flip (see gemm_s8.h). Columns columns..depth of a row are stored as 0 ^ flip.
//
// dequantize:
//   v = fma(float(acc[r][n]), row_scale[r] * column_scale[n], bias[n])
//   y[r][n] = v < floor ? floor : v       floor 0 is a relu, -Inf leaves all as it is
//
// Shapes  x: rows x columns, `x_stride` elements apart; columns may be any number >= 0.
//         q: rows x depth, `q_stride` bytes apart, depth >= columns; fastest in multiples of 64.
//         acc: rows x columns, `acc_stride` elements apart. y: rows x columns, `y_stride` apart.
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
  float* scales;        // rows: written, one per row. fixed: unused
  float inverse_scale;  // fixed only
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  std::uint8_t flip;
};

struct DequantizeBlock {
  const std::int32_t* acc;
  std::size_t acc_stride;
  const float* row_scales;
  const float* column_scales;
  const float* bias;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  float floor;
};

struct QuantizeKernels {
  Isa isa;
  void (*rows)(const QuantizeBlock&);
  void (*fixed)(const QuantizeBlock&);
  void (*dequantize)(const DequantizeBlock&);
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
