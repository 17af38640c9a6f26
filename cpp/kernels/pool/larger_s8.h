// The larger of int8 rows, written once over vectors of bytes. The last vector of a row overlaps the
// one before: a byte that is compared twice stays what it is.
//
// A vector is a type with kBytes and join(x, y): y = max(y, x), of so many bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/pool/pool.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

struct OneByte {
  static constexpr std::size_t kBytes = 1;
  static FOURFOLD_INLINE void join(const std::int8_t* x, std::int8_t* y) {
    if (*x > *y) *y = *x;
  }
};

// columns >= kBytes.
template <class Vector>
void join_larger_s8(const PoolLargerS8Block& block) {
  const std::int8_t* x = block.x;
  std::int8_t* y = block.y;
  const std::size_t last = block.columns - Vector::kBytes;
  for (std::size_t r = 0; r < block.rows; ++r, x += block.x_stride, y += block.columns) {
    for (std::size_t i = 0; i < last; i += Vector::kBytes)
      Vector::join(x + i, y + i);
    Vector::join(x + last, y + last);
  }
}

// With the largest vector that fits, of those from the largest to the smallest.
template <class Vector, class... Smaller>
void larger_s8(const PoolLargerS8Block& block) {
  if (block.columns >= Vector::kBytes) return join_larger_s8<Vector>(block);
  if constexpr (sizeof...(Smaller) > 0) larger_s8<Smaller...>(block);
}

}  // namespace
}  // namespace fourfold
