// binary: y[r][k] = f(a, b) with a broadcast right operand or left, float32; the operations are in
// operations.inc.
//
// An operand moves on by `row_stride` from row to row, and along a row by 1, or by 0 if it is
// `single`: one value for the row.
//
//   same shape        row_stride = its columns     not single
//   row vector        row_stride = 0               not single
//   column vector     row_stride = 1               single
//   scalar            row_stride = 0               single
//
// A row costs a few cycles of its own: the caller folds dimensions that both operands share, and
// gives two equal shapes as one row.
//
// The same bits on every ISA, and for every way to broadcast. pow with b = 2, 3 and 0.5 is x * x,
// x * x * x and sqrt(x), at the speed of those if b is a scalar; otherwise it is computed in float64
// (kernels/math/in_float64.h), its error below 0.501 ulp, with C99's special values.
//
// Memory  Reads and writes nothing outside these shapes, any alignment. y may be a or b if that is
//         of the same shape; otherwise they do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct BinaryOperand {
  const float* data;
  std::size_t row_stride;
  bool single;
};

struct BinaryBlock {
  BinaryOperand a;
  BinaryOperand b;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
};

using BinaryFunction = void (*)(const BinaryBlock&);

// The operations by number and by name: Binary::add, kBinaryNames[...] == "add".
enum class Binary {
#define FOURFOLD_BINARY(name, kernel) name,
#include "kernels/binary/operations.inc"
#undef FOURFOLD_BINARY
};

inline constexpr const char* kBinaryNames[] = {
#define FOURFOLD_BINARY(name, kernel) #name,
#include "kernels/binary/operations.inc"
#undef FOURFOLD_BINARY
};

inline constexpr std::size_t kBinaryCount = sizeof(kBinaryNames) / sizeof(kBinaryNames[0]);

struct BinaryKernels {
  Isa isa;
  BinaryFunction functions[kBinaryCount];  // by Binary

  BinaryFunction of(Binary operation) const {
    return functions[static_cast<std::size_t>(operation)];
  }
};

#define FOURFOLD_KERNELS(name) extern const BinaryKernels name;
#include "kernels/binary/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const BinaryKernels* kBinaryList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/binary/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const BinaryKernels& binary_kernels(Isa active) {
  return first_runnable(kBinaryList, active);
}

}  // namespace fourfold
