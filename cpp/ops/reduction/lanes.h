// One row to one value, in an order that is the same on every machine.
#pragma once

#include <cstddef>
#include <type_traits>

// Inlined by GCC 12 into a loop over blocks it takes 1.9 times as long (96 rows of 1,600, AVX-512
// machine), and there is a copy for each caller.
#if defined(_MSC_VER)
#define FOURFOLD_NOT_INLINED __declspec(noinline)
#else
#define FOURFOLD_NOT_INLINED __attribute__((noinline))
#endif

namespace fourfold {

// float32 has 32 lanes, as in kernels/reduce; types that are rarer fewer, for less code.
template <class Sum>
inline constexpr std::size_t kReductionLanes = std::is_same_v<Sum, float> ? 32 : 4;

// Lane l takes elements l, l + lanes, ..., in order: combine(lane, term(element)). Then halves of
// the lanes are folded together. `identity` for no elements.
template <class Sum, class T, class Term, class Combine>
FOURFOLD_NOT_INLINED Sum reduce_in_lanes(const T* x, std::size_t count, Sum identity,
                                         const Term& term, const Combine& combine) {
  constexpr std::size_t kLanes = kReductionLanes<Sum>;
  Sum lanes[kLanes];
  for (Sum& lane : lanes)
    lane = identity;
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = combine(lanes[lane], term(x[i + lane]));
  }
  const std::size_t rest = count % kLanes;
  for (std::size_t lane = 0; lane < rest; ++lane)
    lanes[lane] = combine(lanes[lane], term(x[i + lane]));
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane)
      lanes[lane] = combine(lanes[lane], lanes[lane + half]);
  }
  return lanes[0];
}

}  // namespace fourfold
