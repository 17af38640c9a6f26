// The dot product instruction of an ISA in a loop over registers: the most that gemm_s8 could reach.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "isa/isa.h"

namespace fourfold {

inline constexpr int kDotSteps = 1000;  // of the loop, in one call

struct DotLimit {
  Isa isa;
  const char* instruction;
  std::size_t operations_per_step;  // a multiply-add is two
  void (*run)();                    // kDotSteps steps
};

#define FOURFOLD_KERNELS(name) extern const DotLimit name;
#include "limits/dot/limits.inc"
#undef FOURFOLD_KERNELS

inline constexpr const DotLimit* kDotLimits[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "limits/dot/limits.inc"
#undef FOURFOLD_KERNELS
};

// Null for scalar.
inline const DotLimit* dot_limit(Isa active) {
  for (const DotLimit* limit : kDotLimits) {
    if (runs_under(limit->isa, active)) return limit;
  }
  return nullptr;
}

}  // namespace fourfold
