// pool: what lies under the points of a window, joined, float32: of rows of output of one plane.
//
//   y[r][i] = join over points k of x[r * x_stride + offsets[k] + i], of one point or more
//
// max      NaN if one is; of zeros the later
// sum      in order, from 0
// mean     sum / divisors[r][i]
// product  sum * divisors[r][i]: the same where these are the reciprocals of powers of two
//
// max_of_pairs          y[r][i] = max over k, and for each over j = 0, 1, of
//                       x[r * x_stride + offsets[k] + 2i + j]: windows of two columns, side by side,
//                       from x itself
// sums_s8, largest_s8   joined[c] = join over r of x[r * stride + c], of int8, in int32: from 0, or
//                       from -128; of at most 2^24 rows
//
// Memory  The maxima, sums and means of float32 reads, but for max_of_pairs, of each point's row,
//         whole lines of 16 positions, up to 15 behind the last; else nothing outside these shapes
//         is read or written, at any alignment. Nothing overlaps.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct PoolPlaneBlock {
  const float* x;
  const std::size_t* offsets;
  std::size_t points;
  std::size_t x_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  const float* divisors;  // of mean and product
  std::size_t divisors_stride;
};

struct PoolRowsS8Block {
  const std::int8_t* x;
  std::size_t stride;
  std::size_t rows;
  std::size_t columns;
  std::int32_t* joined;
};

struct PoolLargerS8Block {
  const std::int8_t* x;
  std::size_t x_stride;
  std::int8_t* y;
  std::size_t rows;
  std::size_t columns;
};

struct PoolKernels {
  Isa isa;
  void (*max)(const PoolPlaneBlock&);
  void (*max_of_pairs)(const PoolPlaneBlock&);
  void (*sum)(const PoolPlaneBlock&);
  void (*mean)(const PoolPlaneBlock&);
  void (*product)(const PoolPlaneBlock&);
  void (*sums_s8)(const PoolRowsS8Block&);
  void (*largest_s8)(const PoolRowsS8Block&);
  void (*larger_s8)(const PoolLargerS8Block&);
};

#define FOURFOLD_KERNELS(name) extern const PoolKernels name;
#include "kernels/pool/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const PoolKernels* kPoolList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/pool/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const PoolKernels& pool_kernels(Isa active) {
  return first_runnable(kPoolList, active);
}

}  // namespace fourfold
