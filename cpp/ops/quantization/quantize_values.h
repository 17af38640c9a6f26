// Loops from float32 to small integers: y = saturate(round_to_even(x / scale) + zero).
//
// Scales travel by value: a store of bytes might change anything that lies in memory, and the
// compiler would read it again, and make no vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "ops/quantization/rounding.h"

namespace fourfold {

template <class T>
T quantized(float x, float scale, float zero) {
  constexpr float kLow = std::numeric_limits<T>::min();
  constexpr float kHigh = std::numeric_limits<T>::max();
  return static_cast<T>(static_cast<std::int32_t>(round_to_integer(x / scale, zero, kLow, kHigh)));
}

// One scale for all.
template <class T>
void quantize_values(const float* x, std::size_t count, float scale, float zero, T* y) {
  for (std::size_t i = 0; i < count; ++i)
    y[i] = quantized<T>(x[i], scale, zero);
}

// A scale for each, and a zero, or 0 if zeros is null.
template <class T>
void quantize_values(const float* x, std::size_t count, const float* scales, const T* zeros, T* y) {
  if (zeros == nullptr) {
    for (std::size_t i = 0; i < count; ++i)
      y[i] = quantized<T>(x[i], scales[i], 0.0f);
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    y[i] = quantized<T>(x[i], scales[i], zeros[i]);
}

}  // namespace fourfold
