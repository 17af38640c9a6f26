// The deinterleave kernels, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/deinterleave/deinterleave.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

FOURFOLD_INLINE void fill(float* y, std::size_t count, F32 value) {
  for (std::size_t i = 0; i < count; i += kLanes)
    store(y + i, value, lanes_at(i, count));
}

// The first n of every value, or of every other: from the last on nothing may be read, not even of
// the pair that it begins.
template <std::size_t step>
FOURFOLD_INLINE F32 load_some(const float* x, std::size_t n) {
  if constexpr (step == 1) {
    return load(x, n);
  } else {
    const std::size_t values = n == 0 ? 0 : 2 * n - 1;
    const F32 a = load(x, lanes_at(0, values));
    return even_lanes(a, values > kLanes ? load(x + kLanes, lanes_at(kLanes, values)) : a);
  }
}

// The end of each row of a part, behind `whole` values: a vector that begins with the last values
// and goes on with the border, and what border is left. Lengths are made once for all rows.
template <std::size_t step>
struct RowEnd {
  F32 border;
  std::size_t from;    // of x
  std::size_t values;  // kLanes at most
  std::size_t to;      // of y
  std::size_t lanes;
  std::size_t left;

  RowEnd(const DeinterleavedRow& part, std::size_t whole, std::size_t columns, F32 around)
      : border(around),
        from(whole * step),
        values(part.end - part.begin - whole),
        to(part.begin + whole),
        lanes(lanes_at(to, columns)),
        left(columns - to - lanes) {}

  FOURFOLD_INLINE void copy(const float* x, float* y) const {
    if (lanes > 0) {
      store(y + to, first_lanes(load_some<step>(x + from, values), values, border), lanes);
    }
    if (left > 0) fill(y + to + lanes, left, border);
  }
};

template <std::size_t step>
void copy_to_one(const DeinterleaveBlock& block) {
  const DeinterleavedRow part = block.parts[0];
  const F32 border = broadcast(block.border);
  // Two vectors of pairs end with a value that isn't copied, and may not be there.
  const std::size_t count = part.end - part.begin, spare = step - 1;
  const std::size_t whole = count > spare ? (count - spare) / kLanes * kLanes : 0;
  const RowEnd<step> end(part, whole, block.columns, border);
  const float* x = block.x;
  float* y = part.y;
  for (std::size_t r = 0; r < block.rows; ++r, x += block.x_stride) {
    fill(y, part.begin, border);
    for (std::size_t i = 0; i < whole; i += kLanes) {
      const F32 a = load(x + i * step);
      store(y + part.begin + i, step == 1 ? a : even_lanes(a, load(x + i * step + kLanes)));
    }
    end.copy(x, y);
    y += block.y_strides[r % 2];
  }
}

void copy_to_two(const DeinterleaveBlock& block) {
  const DeinterleavedRow first = block.parts[0], second = block.parts[1];
  const F32 border = broadcast(block.border);
  const std::size_t evens = first.end - first.begin, odds = second.end - second.begin;
  const std::size_t whole = (evens < odds ? evens : odds) / kLanes * kLanes;
  const RowEnd<2> first_end(first, whole, block.columns, border);
  const RowEnd<2> second_end(second, whole, block.columns, border);
  const float* x = block.x;
  float *y = first.y, *z = second.y;
  for (std::size_t r = 0; r < block.rows; ++r, x += block.x_stride) {
    fill(y, first.begin, border);
    fill(z, second.begin, border);
    for (std::size_t i = 0; i < whole; i += kLanes) {
      const F32 a = load(x + 2 * i), b = load(x + 2 * i + kLanes);
      store(y + first.begin + i, even_lanes(a, b));
      store(z + second.begin + i, odd_lanes(a, b));
    }
    first_end.copy(x, y);
    second_end.copy(x + 1, z);
    y += block.y_strides[r % 2];
    z += block.y_strides[r % 2];
  }
}

FOURFOLD_INLINE void interleave_two(const float* a, const float* b, float* y, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const F32 first = load(a + i), second = load(b + i);
    store(y + 2 * i, interleave_low(first, second));
    store(y + 2 * i + kLanes, interleave_high(first, second));
  }
  if (i == count) return;
  const std::size_t n = count - i;
  const F32 first = load(a + i, n), second = load(b + i, n);
  store(y + 2 * i, interleave_low(first, second), lanes_at(0, 2 * n));
  store(y + 2 * i + kLanes, interleave_high(first, second), lanes_at(kLanes, 2 * n));
}

void interleave(const InterleaveBlock& block) {
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    float* y = block.y + r * block.y_stride;
    if (block.parts == 2) {
      interleave_two(x, x + block.part_stride, y, block.count);
      continue;
    }
    for (std::size_t p = 0; p < block.parts; ++p) {
      for (std::size_t i = 0; i < block.count; ++i)
        y[i * block.parts + p] = x[p * block.part_stride + i];
    }
  }
}

constexpr DeinterleaveKernels deinterleave_kernels_on(Isa isa) {
  return {isa, copy_to_one<1>, copy_to_one<2>, copy_to_two, interleave};
}

}  // namespace
}  // namespace fourfold
