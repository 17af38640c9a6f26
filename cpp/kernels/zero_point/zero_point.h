// zero_point: float32 to bytes that have a zero point, as ONNX quantizes.
//
// quantize_by_one:   q[i] = (round_to_even(clamp(x[i] / scale, -128 - zero, 127 - zero)) + zero) ^ flip
//                    with scale = scales[0] and zero = zeros[0] for all
// quantize_by_each:  the same with scales[i] and zeros[i]
//                    NaN counts as 0. A true division: x * (1 / scale) would round other values up.
// extent:            low = min(0, min x), high = max(0, max x); NaN has no part in them
//
// Ranges  zeros are integers in [-128, 127]. int8 has flip 0. uint8 has flip 0x80 and its zero less
//         128: the bytes are then those of saturate(round_to_even(x / scale) + uint8 zero).
// Memory  Reads x, scales and zeros [0..count) (one of the latter for quantize_by_one), writes
//         q[0..count), any alignment. They do not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct ZeroPointBlock {
  const float* x;
  std::int8_t* q;
  std::size_t count;
  const float* scales;
  const float* zeros;
  std::uint8_t flip;
};

struct Extent {
  float low;
  float high;
};

struct ZeroPointKernels {
  Isa isa;
  void (*quantize_by_one)(const ZeroPointBlock&);
  void (*quantize_by_each)(const ZeroPointBlock&);
  Extent (*extent)(const float* x, std::size_t count);
};

#define FOURFOLD_KERNELS(name) extern const ZeroPointKernels name;
#include "kernels/zero_point/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const ZeroPointKernels* kZeroPointList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/zero_point/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const ZeroPointKernels& zero_point_kernels(Isa active) {
  return first_runnable(kZeroPointList, active);
}

}  // namespace fourfold
