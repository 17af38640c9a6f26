// unary: y[i] = f(x[i]), float32 to float32; the functions are in functions.inc.
//
// Only add, mul, fma, div, sqrt, rounding to an integer and integer operations, one polynomial and
// one order for every ISA, or float64 in baseline code: the same bits everywhere. NaN in gives NaN
// out; zeros, infinities, poles and arguments outside the domain give what IEEE 754 and C99 say.
// Where the field's formula is Inf / Inf or 0 * Inf, we give the limit: softsign of +-Inf is +-1,
// mish of -Inf is -0.0.
//
// Bounds on the error against float64, in units in the last place of the exact value, found over
// one in 7 of all floats for exp to cos and softplus, one in 61 for mish, and one in 1,500 to 5,000
// for the rest (what is not listed only rounds):
//
//   exp       1.1, denormals too            erf       1.1
//   log       0.9                           softplus  1.8
//   sin, cos  1.6, of any x                 mish      4 for x >= -85; absolute 1e-41 below
//   those in float64                        0.501
//
// Memory  Reads x[0..count) and writes y[0..count), nothing else, any alignment. y may be x;
//         otherwise they do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

// alpha and beta are those of hard_sigmoid; no other function reads them.
struct UnaryBlock {
  const float* x;
  float* y;
  std::size_t count;
  float alpha;
  float beta;
};

using UnaryFunction = void (*)(const UnaryBlock&);

#define FOURFOLD_UNARY_IN_FLOAT64(name) FOURFOLD_UNARY(name)

// The functions by number and by name: Unary::exp, kUnaryNames[...] == "exp".
enum class Unary {
#define FOURFOLD_UNARY(name) name,
#include "kernels/unary/functions.inc"
#undef FOURFOLD_UNARY
};

inline constexpr const char* kUnaryNames[] = {
#define FOURFOLD_UNARY(name) #name,
#include "kernels/unary/functions.inc"
#undef FOURFOLD_UNARY
};

#undef FOURFOLD_UNARY_IN_FLOAT64

inline constexpr std::size_t kUnaryCount = sizeof(kUnaryNames) / sizeof(kUnaryNames[0]);

struct UnaryKernels {
  Isa isa;
  UnaryFunction functions[kUnaryCount];  // by Unary

  UnaryFunction of(Unary function) const { return functions[static_cast<std::size_t>(function)]; }
};

#define FOURFOLD_KERNELS(name) extern const UnaryKernels name;
#include "kernels/unary/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const UnaryKernels* kUnaryList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/unary/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const UnaryKernels& unary_kernels(Isa active) {
  return first_runnable(kUnaryList, active);
}

}  // namespace fourfold
