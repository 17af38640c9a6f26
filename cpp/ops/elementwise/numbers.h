// What arithmetic on the element types means here: integers wrap around, floats are IEEE 754.
#pragma once

#include <limits>
#include <type_traits>

#include "ops/dtype.h"

namespace fourfold {

// What the engine computes with: integers, float32 and float64.
template <class T>
inline constexpr bool kIsFloat = std::is_floating_point_v<T>;
template <class T>
inline constexpr bool kIsInteger = kIsNumber<T> && !kIsFloat<T>;

// The type to add and multiply in: unsigned for integers, where overflow is defined, and not so
// short that C++ would promote it to int.
template <class T, bool integer = kIsInteger<T>>
struct Wrapping {
  using Type = T;
};
template <class T>
struct Wrapping<T, true> {
  using Type = std::common_type_t<unsigned, std::make_unsigned_t<T>>;
};
template <class T>
using WrappingOf = typename Wrapping<T>::Type;

// The larger, the smaller; NaN if either is. Of two zeros b, as kernels do.
template <class T>
T max_or_nan(T a, T b) {
  return a != a ? a : (a > b ? a : b);
}
template <class T>
T min_or_nan(T a, T b) {
  return a != a ? a : (a < b ? a : b);
}

// Toward zero, as x86 cannot: beyond the range of Y the nearest number in it, 0 for NaN. The same
// on every machine, where C++ leaves it open.
template <class Y, class X>
Y truncate_to_integer(X x) {
  // Both exact: a power of two, negated or not.
  constexpr X kLow = static_cast<X>(std::numeric_limits<Y>::min());
  constexpr X kEnd = static_cast<X>(std::numeric_limits<Y>::max() / 2 + 1) * 2;
  if (x >= kEnd) return std::numeric_limits<Y>::max();
  if (x <= kLow) return std::numeric_limits<Y>::min();
  return x == x ? static_cast<Y>(x) : Y{0};
}

}  // namespace fourfold
