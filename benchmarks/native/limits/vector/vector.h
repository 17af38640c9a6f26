// What the vector registers of an ISA can do: fused multiply-adds, and reading memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "isa/isa.h"

namespace fourfold {

inline constexpr int kFmaSteps = 1000;  // of the loop, in one call

struct VectorLimits {
  Isa isa;
  std::size_t operations_per_step;  // a multiply-add is two
  void (*fma)();                    // kFmaSteps steps over registers, float32
  // Of a multiple of 256 numbers; read_ahead prefetches a page ahead.
  void (*read)(const std::int32_t* from, std::size_t count);
  void (*read_ahead)(const std::int32_t* from, std::size_t count);
};

#define FOURFOLD_KERNELS(name) extern const VectorLimits name;
#include "limits/vector/limits.inc"
#undef FOURFOLD_KERNELS

inline constexpr const VectorLimits* kVectorLimits[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "limits/vector/limits.inc"
#undef FOURFOLD_KERNELS
};

// Null for scalar.
inline const VectorLimits* vector_limits(Isa active) {
  for (const VectorLimits* limits : kVectorLimits) {
    if (runs_under(limits->isa, active)) return limits;
  }
  return nullptr;
}

}  // namespace fourfold
