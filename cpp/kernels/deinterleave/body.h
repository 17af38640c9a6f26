// The deinterleave kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/deinterleave/deinterleave.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

struct Every {
  static constexpr std::size_t kStep = 1;

  FOURFOLD_INLINE F32 whole(const float* x) const { return load(x); }
  FOURFOLD_INLINE F32 first(const float* x, std::size_t n) const { return load(x, n); }
};

struct EveryOther {
  static constexpr std::size_t kStep = 2;

  FOURFOLD_INLINE F32 whole(const float* x) const { return even_lanes(load(x), load(x + kLanes)); }
  // From the last value on, nothing may be read: not even of the pair that it begins.
  FOURFOLD_INLINE F32 first(const float* x, std::size_t n) const {
    const std::size_t values = n == 0 ? 0 : 2 * n - 1;
    const F32 a = load(x, lanes_at(0, values));
    return even_lanes(a, values > kLanes ? load(x + kLanes, lanes_at(kLanes, values)) : a);
  }
};

FOURFOLD_INLINE void fill(float* y, std::size_t count, F32 value) {
  for (std::size_t i = 0; i < count; i += kLanes)
    store(y + i, value, lanes_at(i, count));
}

// The last vector with values of x goes on with the border behind them.
template <class Values>
void copy_rows(const BorderedRows& block) {
  const Values values;
  const F32 border = broadcast(block.border);
  // A vector of every other value ends with one that isn't copied: the last may not be there.
  constexpr std::size_t kLeft = kLanes + Values::kStep - 1;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    float* y = block.y + r * block.y_stride;
    fill(y, block.begin, border);
    std::size_t i = block.begin;
    for (; i + kLeft <= block.end; i += kLanes, x += kLanes * Values::kStep)
      store(y + i, values.whole(x));
    if (i < block.end) {
      const std::size_t n = block.end - i;
      const F32 last = first_lanes(values.first(x, n), n, border);
      store(y + i, last, lanes_at(i, block.columns));
      i += kLanes;
    }
    if (i < block.columns) fill(y + i, block.columns - i, border);
  }
}

constexpr DeinterleaveKernels deinterleave_kernels_on(Isa isa) {
  return {isa, copy_rows<Every>, copy_rows<EveryOther>};
}

}  // namespace
}  // namespace fourfold
