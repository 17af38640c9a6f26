// What a reduction does with each element, and what sums it keeps.
//
// Floats are added in their own type. Integers are added and multiplied modulo 2^64, of which the
// result's type takes what it can hold.
#pragma once

#include <cmath>
#include <limits>

#include "ops/elementwise/numbers.h"

namespace fourfold {

template <class T>
using SumOf = std::conditional_t<kIsFloat<T>, T, std::uint64_t>;

// Float functions of integers are computed in float64, and truncated.
template <class T>
using RealOf = std::conditional_t<kIsFloat<T>, T, double>;

template <class T>
T from_real(RealOf<T> value) {
  if constexpr (kIsFloat<T>) {
    return value;
  } else {
    return truncate_to_integer<T>(value);
  }
}

// A sum of integers as a number of their sign.
template <class T>
auto signed_sum(SumOf<T> sum) {
  if constexpr (!kIsFloat<T> && std::is_signed_v<T>) {
    return static_cast<std::int64_t>(sum);
  } else {
    return sum;
  }
}

// The types of sums: ONNX has none of shorter integers.
template <class T>
inline constexpr bool kIsSummed = kIsNumber<T> && sizeof(T) >= 4;

template <class T>
struct Total {
  using Sum = SumOf<T>;
  static constexpr Sum kIdentity = 0;
  static Sum term(T x) { return static_cast<Sum>(x); }
  static Sum combine(Sum a, Sum b) { return a + b; }
};

template <class T>
struct Magnitudes : Total<T> {
  using Sum = SumOf<T>;
  static Sum term(T x) {
    if constexpr (kIsFloat<T>) {
      return std::fabs(x);
    } else {
      return x < 0 ? Sum{0} - static_cast<Sum>(x) : static_cast<Sum>(x);
    }
  }
};

template <class T>
struct Squares : Total<T> {
  using Sum = SumOf<T>;
  static Sum term(T x) { return static_cast<Sum>(x) * static_cast<Sum>(x); }
};

template <class T>
struct Product {
  using Sum = SumOf<T>;
  static constexpr Sum kIdentity = 1;
  static Sum term(T x) { return static_cast<Sum>(x); }
  static Sum combine(Sum a, Sum b) { return a * b; }
};

// Of nothing, the lowest number: -Inf of floats.
template <class T>
struct Largest {
  using Sum = T;
  static constexpr Sum kIdentity =
      kIsFloat<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  static Sum term(T x) { return x; }
  static Sum combine(Sum a, Sum b) { return max_or_nan(a, b); }
};

template <class T>
struct Smallest {
  using Sum = T;
  static constexpr Sum kIdentity =
      kIsFloat<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  static Sum term(T x) { return x; }
  static Sum combine(Sum a, Sum b) { return min_or_nan(a, b); }
};

}  // namespace fourfold
