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

template <class T>
struct Total {
  using Sum = SumOf<T>;
  static constexpr Sum kIdentity = 0;
  Sum term(T x, std::size_t) const { return static_cast<Sum>(x); }
  static Sum combine(Sum a, Sum b) { return a + b; }
};

template <class T>
struct Magnitudes : Total<T> {
  using Sum = SumOf<T>;
  Sum term(T x, std::size_t) const {
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
  Sum term(T x, std::size_t) const { return static_cast<Sum>(x) * static_cast<Sum>(x); }
};

template <class T>
struct Product {
  using Sum = SumOf<T>;
  static constexpr Sum kIdentity = 1;
  Sum term(T x, std::size_t) const { return static_cast<Sum>(x); }
  static Sum combine(Sum a, Sum b) { return a * b; }
};

// Of nothing, the lowest number: -Inf of floats.
template <class T>
struct Largest {
  using Sum = T;
  static constexpr Sum kIdentity =
      kIsFloat<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  Sum term(T x, std::size_t) const { return x; }
  static Sum combine(Sum a, Sum b) { return max_or_nan(a, b); }
};

template <class T>
struct Smallest {
  using Sum = T;
  static constexpr Sum kIdentity =
      kIsFloat<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  Sum term(T x, std::size_t) const { return x; }
  static Sum combine(Sum a, Sum b) { return min_or_nan(a, b); }
};

// e^(x - shift), the shift being that of the column.
template <class T>
struct Exponentials {
  using Sum = std::conditional_t<kIsFloat<T>, T, double>;
  static constexpr Sum kIdentity = 0;
  const Sum* shifts;
  Sum term(T x, std::size_t column) const { return std::exp(static_cast<Sum>(x) - shifts[column]); }
  static Sum combine(Sum a, Sum b) { return a + b; }
};

}  // namespace fourfold
