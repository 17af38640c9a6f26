// From floats to small integers.
#pragma once

#include <limits>

namespace fourfold {

// round_to_even(x) + zero, no less than low and no more than high; NaN counts as 0. low, high and
// zero are integers, low <= zero <= high; low - zero and high - zero at most 2^22 in magnitude.
//
// Rounding by a sum: with 1.5 * 2^23 (2^52 for double) added, no bits are left for fractions.
// Baseline x86-64 has no instruction that rounds, and this becomes vector code in a loop.
template <class Real>
Real round_to_integer(Real x, Real zero, Real low, Real high) {
  constexpr Real kNoFractions = Real(1.5) / std::numeric_limits<Real>::epsilon();
  const Real number = x == x ? x : Real(0);
  const Real above = number < low - zero ? low - zero : number;
  const Real within = above > high - zero ? high - zero : above;
  return within + kNoFractions - kNoFractions + zero;
}

}  // namespace fourfold
