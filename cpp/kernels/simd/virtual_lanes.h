// Sum and maximum of a row over 32 virtual lanes: the same additions in the same order, however
// wide the registers are. Include after one vocabulary and common.h.
//
// Lane l combines elements l, l + 32, l + 64, ... in order, from `start`; then lanes fold 16, 8, 4,
// 2, 1: lane l with lane l + 16, then with l + 8, and so on.
#pragma once

#include <math.h>

#include <cstddef>

namespace fourfold {
namespace {

constexpr std::size_t kVirtualLanes = 32;
constexpr std::size_t kParts = kVirtualLanes / kLanes;

struct Itself {
  FOURFOLD_INLINE F32 operator()(F32 x) const { return x; }
};

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

// combine over term(x[i]) for i < count. A NaN is kept by Sum and skipped by Maximum.
template <class Combine, class Term>
FOURFOLD_INLINE float reduce_lanes(const float* x, std::size_t count, Combine combine, Term term) {
  const F32 start = broadcast(Combine::kStart);
  F32 parts[kParts];
  for (F32& part : parts)
    part = start;
  std::size_t i = 0;
  for (; i + kVirtualLanes <= count; i += kVirtualLanes) {
    for (std::size_t p = 0; p < kParts; ++p) {
      parts[p] = combine(parts[p], term(load(x + i + p * kLanes)));
    }
  }
  for (std::size_t p = 0; i < count; ++p, i += kLanes) {
    const std::size_t n = lanes_at(i, count);
    parts[p] = combine(parts[p], first_lanes(term(load(x + i, n)), n, start));
  }
  return fold(parts, combine);
}

}  // namespace
}  // namespace fourfold
