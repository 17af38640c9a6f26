// The instruction sets that kernels are written for, and which kernels may run under which.
#pragma once

#include <cstddef>

namespace fourfold {

enum class Isa {
#define FOURFOLD_ISA(enumerator, name, lower) enumerator,
#include "isa/isas.inc"
#undef FOURFOLD_ISA
};

inline constexpr const char* kIsaNames[] = {
#define FOURFOLD_ISA(enumerator, name, lower) name,
#include "isa/isas.inc"
#undef FOURFOLD_ISA
};

inline constexpr Isa kNextLowerIsa[] = {
#define FOURFOLD_ISA(enumerator, name, lower) Isa::lower,
#include "isa/isas.inc"
#undef FOURFOLD_ISA
};

inline constexpr std::size_t kIsaCount = sizeof(kIsaNames) / sizeof(kIsaNames[0]);

constexpr const char* isa_name(Isa isa) {
  return kIsaNames[static_cast<std::size_t>(isa)];
}
constexpr Isa next_lower_isa(Isa isa) {
  return kNextLowerIsa[static_cast<std::size_t>(isa)];
}

// True if a CPU that runs `active` also runs kernels written for `kernel`.
constexpr bool runs_under(Isa kernel, Isa active) {
  while (active != kernel && active != Isa::kScalar)
    active = next_lower_isa(active);
  return active == kernel;
}

}  // namespace fourfold
