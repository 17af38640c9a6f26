// elementwise_s8: from int8 to float32, and sums and products of int8 and float32.
//
//   dequantize  y[i] = (float(x[i]) - zero) * scale
//   add, mul    v = a + b, or a * b, an operand of int8 counting as (float(q) - zero) * scale, rounded;
//               w = v < floor ? floor : v     floor 0 is a relu, -Inf leaves all as it is
//     to f32    y[r][k] = w
//     to s8     y[r][k] = round_to_even(clamp(fma(w, inverse_scale, zero), low, 127)); NaN gives 0
//   Zeros are integers; low is -127 or -128.
//
// An operand moves on by `row_stride` elements from row to row (0: the same for every row), and along
// a row by 1. b may also be `single`: one float32 value for a row, and then it is never int8.
//
// Memory  Reads and writes nothing outside these shapes, any alignment. y may be a or b if that is of
//         the same type and shape; otherwise they do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct DequantizeValues {
  const std::int8_t* x;
  float scale;
  float* y;
  std::size_t count;
  float zero = 0.0f;
};

// One of the two is not null.
struct OperandRows {
  const float* f32;
  const std::int8_t* s8;
  std::size_t row_stride;
  float scale;          // of s8
  bool single = false;  // b only
  float zero = 0.0f;    // of s8
};

struct BinaryRowsF32 {
  float* y;
  std::size_t y_stride;
};

struct BinaryRowsS8 {
  std::int8_t* y;
  std::size_t y_stride;
  float inverse_scale;
  float zero = 0.0f;
  std::int8_t low = -127;
};

struct BinaryOperands {
  OperandRows a;
  OperandRows b;
  std::size_t rows;
  std::size_t columns;
  float floor;
};

using BinaryToF32 = void (*)(const BinaryOperands&, const BinaryRowsF32&);
using BinaryToS8 = void (*)(const BinaryOperands&, const BinaryRowsS8&);

struct ElementwiseS8Kernels {
  Isa isa;
  void (*dequantize)(const DequantizeValues&);
  BinaryToF32 add_to_f32;
  BinaryToF32 mul_to_f32;
  BinaryToS8 add_to_s8;
  BinaryToS8 mul_to_s8;
};

#define FOURFOLD_KERNELS(name) extern const ElementwiseS8Kernels name;
#include "kernels/elementwise_s8/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const ElementwiseS8Kernels* kElementwiseS8List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/elementwise_s8/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const ElementwiseS8Kernels& elementwise_s8_kernels(Isa active) {
  return first_runnable(kElementwiseS8List, active);
}

}  // namespace fourfold
