// pool: what lies under the points of a window, joined, float32.
//
//   max   y[i] = max over points k of x[offsets[k] + i], NaN if one is; of zeros the later; from -Inf
//   sum   y[i] = x[offsets[0] + i] + x[offsets[1] + i] + ..., in order, from 0
//
// Memory  Reads x[offsets[k]..offsets[k] + count), writes y[0..count), any alignment. They do not
//         overlap.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct PoolBlock {
  const float* x;
  const std::size_t* offsets;
  std::size_t points;
  float* y;
  std::size_t count;
};

struct PoolKernels {
  Isa isa;
  void (*max)(const PoolBlock&);
  void (*sum)(const PoolBlock&);
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
