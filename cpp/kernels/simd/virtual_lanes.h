// Sum and maximum of a row over 32 virtual lanes: the same additions in the same order, however
// wide the registers are. Include after one vocabulary and common.h.
//
// Lane l combines elements l, l + 32, l + 64, ... in order, from `start`; then lanes fold 16, 8, 4,
// 2, 1: lane l with lane l + 16, then with l + 8, and so on.
#pragma once

#include <math.h>

#include <cstddef>

#include "base/unroll.h"

namespace fourfold {
namespace {

constexpr std::size_t kVirtualLanes = 32;
constexpr std::size_t kParts = kVirtualLanes / kLanes;

// Rows to reduce at once: eight sums on their way cover an addition's latency.
constexpr std::size_t kRowsAtOnce = kParts < 8 ? 8 / kParts : 1;

struct Sum {
  static constexpr float kStart =
      0.0f;  // never -0.0, so that adding 0.0 for a missing element changes nothing
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return so_far + next; }
  FOURFOLD_INLINE float operator()(float so_far, float next) const { return so_far + next; }
};

struct Maximum {
  static constexpr float kStart = -INFINITY;
  FOURFOLD_INLINE F32 operator()(F32 so_far, F32 next) const { return max(next, so_far); }
  FOURFOLD_INLINE float operator()(float so_far, float next) const {
    return next > so_far ? next : so_far;
  }
};

template <class Combine>
FOURFOLD_INLINE float fold(F32 (&parts)[kParts], Combine combine) {
  for (std::size_t half = kParts / 2; half > 0; half /= 2) {
    for (std::size_t p = 0; p < half; ++p)
      parts[p] = combine(parts[p], parts[p + half]);
  }
  float lanes[kLanes];
  store(lanes, parts[0]);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t l = 0; l < half; ++l)
      lanes[l] = combine(lanes[l], lanes[l + half]);
  }
  return lanes[0];
}

// results[r] = combine over terms[r](x[r][i]) for i < count. A NaN is kept by Sum and skipped by
// Maximum. Several rows at once hide the latency of one row's additions behind the others'.
template <std::size_t rows, class Combine, class Term>
FOURFOLD_INLINE void reduce_rows(const float* const (&x)[rows], std::size_t count, Combine combine,
                                 const Term (&terms)[rows], float (&results)[rows]) {
  const F32 start = broadcast(Combine::kStart);
  F32 parts[rows][kParts];
  for (std::size_t r = 0; r < rows; ++r) {
    for (F32& part : parts[r])
      part = start;
  }
  std::size_t i = 0;
  for (; i + kVirtualLanes <= count; i += kVirtualLanes) {
    FOURFOLD_UNROLL
    for (std::size_t r = 0; r < rows; ++r) {
      FOURFOLD_UNROLL
      for (std::size_t p = 0; p < kParts; ++p)
        parts[r][p] = combine(parts[r][p], terms[r](load(x[r] + i + p * kLanes)));
    }
  }
  for (std::size_t p = 0; i < count; ++p, i += kLanes) {
    const std::size_t n = lanes_at(i, count);
    for (std::size_t r = 0; r < rows; ++r) {
      const F32 term = first_lanes(terms[r](load(x[r] + i, n)), n, start);
      parts[r][p] = combine(parts[r][p], term);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    results[r] = fold(parts[r], combine);
}

// The same for one row.
template <class Combine, class Term>
FOURFOLD_INLINE float reduce_lanes(const float* x, std::size_t count, Combine combine, Term term) {
  float results[1];
  reduce_rows<1>({x}, count, combine, {term}, results);
  return results[0];
}

// Runs `several` on kRowsAtOnce rows of a block from row r on, and `one` on those that are left.
template <class Block, void (*several)(const Block&, std::size_t r),
          void (*one)(const Block&, std::size_t r)>
void over_all_rows(const Block& block) {
  std::size_t r = 0;
  for (; r + kRowsAtOnce <= block.rows; r += kRowsAtOnce)
    several(block, r);
  for (; r < block.rows; ++r)
    one(block, r);
}

}  // namespace
}  // namespace fourfold
