// deinterleave: rows copied between borders, every value of them or every other.
//
//   y[r][i] = x[r][(i - begin) * step] for begin <= i < end, border for other i < columns
//
// step is 1 for `every` and 2 for `every_other`; begin <= end <= columns.
//
// Memory  Of each row reads x up to the last value that it copies, and writes `columns` values of y;
//         any alignment. x and y do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct BorderedRows {
  const float* x;
  std::size_t x_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t begin;
  std::size_t end;
  std::size_t columns;
  float border;
};

struct DeinterleaveKernels {
  Isa isa;
  void (*every)(const BorderedRows&);
  void (*every_other)(const BorderedRows&);
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
