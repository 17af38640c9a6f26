// deinterleave: every other value.
//
// evens    y[i] = x[2 * i] for i < count.
// Memory   Reads x[0..2 * count - 1) and writes y[0..count), any alignment. They do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct DeinterleaveKernels {
  Isa isa;
  void (*evens)(const float* x, float* y, std::size_t count);
};

#define FOURFOLD_KERNELS(name) extern const DeinterleaveKernels name;
#include "kernels/deinterleave/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const DeinterleaveKernels* kDeinterleaveList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/deinterleave/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const DeinterleaveKernels& deinterleave_kernels(Isa active) {
  return first_runnable(kDeinterleaveList, active);
}

}  // namespace fourfold
