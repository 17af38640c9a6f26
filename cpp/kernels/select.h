// Picks a kernel from a family's list. Every family has one struct of function pointers with its
// Isa in `isa`, one constant of it per ISA file, and kernels.inc, which lists those constants, best
// first.
#pragma once

#include <cstddef>

#include "isa/isa.h"

namespace fourfold {

// The first kernel in the list that `active` can run. The list ends with the scalar kernel, which
// everything runs.
template <class Kernels, std::size_t count>
const Kernels& first_runnable(const Kernels* const (&list)[count], Isa active) {
  for (const Kernels* kernels : list) {
    if (runs_under(kernels->isa, active)) return *kernels;
  }
  return *list[count - 1];
}

}  // namespace fourfold
