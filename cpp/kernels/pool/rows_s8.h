// The pool kernels of int8 rows, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/unroll.h"
#include "kernels/pool/pool.h"
#include "kernels/simd/common.h"

namespace fourfold {
namespace {

struct SumOfBytes {
  static constexpr std::int32_t kStart = 0;
  FOURFOLD_INLINE I32 operator()(I32 so_far, I32 next) const { return so_far + next; }
};

struct LargestByte {
  static constexpr std::int32_t kStart = INT8_MIN;
  FOURFOLD_INLINE I32 operator()(I32 so_far, I32 next) const { return max(so_far, next); }
};

template <class Join, std::size_t vectors, class... Lanes>
FOURFOLD_INLINE void join_vectors(const PoolRowsS8Block& block, std::size_t column,
                                  Lanes... lanes) {
  I32 joined[vectors];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v)
    joined[v] = broadcast_i32(Join::kStart);
  const std::int8_t* x = block.x + column;
  for (std::size_t r = 0; r < block.rows; ++r, x += block.stride) {
    FOURFOLD_UNROLL
    for (std::size_t v = 0; v < vectors; ++v)
      joined[v] = Join{}(joined[v], load_s8(x + v * kLanes, lanes...));
  }
  float bits[vectors * kLanes];
  FOURFOLD_UNROLL
  for (std::size_t v = 0; v < vectors; ++v)
    store(bits + v * kLanes, as_float(joined[v]));
  const std::size_t left = block.columns - column;
  const std::size_t count = left < vectors * kLanes ? left : vectors * kLanes;
  memcpy(block.joined + column, bits, count * sizeof *bits);
}

// The last vector overlaps the one before: to read some lanes only is slow where there are no masks.
template <class Join>
void join_rows_s8(const PoolRowsS8Block& block) {
  constexpr std::size_t kAtOnce = 4;
  const std::size_t columns = block.columns;
  std::size_t column = 0;
  for (; column + kAtOnce * kLanes <= columns; column += kAtOnce * kLanes)
    join_vectors<Join, kAtOnce>(block, column);
  for (; column + kLanes <= columns; column += kLanes)
    join_vectors<Join, 1>(block, column);
  if (column == columns) return;
  if (columns >= kLanes) return join_vectors<Join, 1>(block, columns - kLanes);
  join_vectors<Join, 1>(block, 0, columns);
}

}  // namespace
}  // namespace fourfold
