// Division that rounds up, of integers: value >= 0, step > 0. Kernels write it out: nothing inline
// that they share with other code may be in them.
#pragma once

namespace fourfold {

// The least q with q * step >= value.
template <class T>
constexpr T ceil_div(T value, T step) {
  return value / step + (value % step != 0 ? 1 : 0);
}

// The least multiple of step that is not below value.
template <class T>
constexpr T round_up(T value, T step) {
  return ceil_div(value, step) * step;
}

}  // namespace fourfold
