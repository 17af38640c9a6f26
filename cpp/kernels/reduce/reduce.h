// reduce: one float32 row to a few numbers, in one fixed order.
//
// absmax   max |x[i]|, taken on the bit patterns: NaN > Inf > every finite value, so a result that
//          is not finite says that the row holds an Inf or a NaN. 0 for an empty row.
// moments  mean = sum(x) / n, variance = sum((x - mean)^2) / n, two passes, n >= 1. Sums run over
//          32 virtual lanes (lane l sums elements l, l + 32, ...), folded 16, 8, 4, 2, 1: the same
//          bits on every ISA.
// Memory   Reads nothing outside x[0..count), any alignment.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct Moments {
  float mean;
  float variance;
};

struct ReduceKernels {
  Isa isa;
  float (*absmax)(const float* x, std::size_t count);
  Moments (*moments)(const float* x, std::size_t count);
};

#define FOURFOLD_KERNELS(name) extern const ReduceKernels name;
#include "kernels/reduce/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const ReduceKernels* kReduceList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/reduce/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const ReduceKernels& reduce_kernels(Isa active) {
  return first_runnable(kReduceList, active);
}

}  // namespace fourfold
