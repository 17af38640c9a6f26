// deinterleave: rows copied between borders, every value of them or every other.
//
//   y[r][i] = x[r][(i - begin) * step] for begin <= i < end, border for other i < columns
//
// every           step 1, to parts[0]
// evens           step 2, to parts[0]
// evens_and_odds  step 2, to parts[0], and from x[r][1] on to parts[1]
//
// begin <= end <= columns in each part; two parts' values differ by one in number at most. Row 1 is
// y_strides[0] behind row 0, row 2 y_strides[1] behind row 1, and so on in turns: rows, too, may be
// dealt out to two places.
//
// interleave      the other way: y[r][i * parts + p] = x[r][p * part_stride + i], i < count
//
// Memory  Of each row reads x up to the last value that it copies, and writes `columns` values of
//         each part, or count * parts; any alignment. x and y do not overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct DeinterleavedRow {
  float* y;
  std::size_t begin;
  std::size_t end;
};

struct DeinterleaveBlock {
  const float* x;
  std::size_t x_stride;
  std::size_t rows;
  DeinterleavedRow parts[2];
  std::ptrdiff_t y_strides[2];
  std::size_t columns;
  float border;
};

struct InterleaveBlock {
  const float* x;
  std::size_t x_stride;
  std::size_t part_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t parts;
  std::size_t count;
};

struct DeinterleaveKernels {
  Isa isa;
  void (*every)(const DeinterleaveBlock&);
  void (*evens)(const DeinterleaveBlock&);
  void (*evens_and_odds)(const DeinterleaveBlock&);
  void (*interleave)(const InterleaveBlock&);
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
