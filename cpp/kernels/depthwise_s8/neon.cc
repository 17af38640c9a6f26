// depthwise_s8 on the NEON of every AArch64, exact: two products meet in int16, where they still fit
// (2 * 128 * 127 < 2^15), then two such sums join an int32 one.
//
//   instruction                 here, per 4 rows of 4 channels
//   smull, smull2 8h            2
//   addp 8h                     1
//   sadalp 4s, 8h               1
#include "kernels/depthwise_s8/neon_slots.h"
// What is above comes first: it is written over it.
#include "kernels/depthwise_s8/ragged.h"

namespace fourfold {
namespace {

FOURFOLD_INLINE Sums dot(Sums sums_i32x4, Slot slot_s8x16, Weights weights_s8x16) {
  const int16x8_t low = vmull_s8(vget_low_s8(slot_s8x16), vget_low_s8(weights_s8x16));
  const int16x8_t high = vmull_high_s8(slot_s8x16, weights_s8x16);
  return vpadalq_s16(sums_i32x4, vpaddq_s16(low, high));
}

}  // namespace
}  // namespace fourfold

// The body comes last: it is written over all of that.
#include "kernels/depthwise_s8/body.h"

namespace fourfold {

extern const DepthwiseS8Kernels depthwise_s8_neon = {Isa::kNeon, kGroup, /*flip=*/0x00, interleave,
                                                     convolve};

}  // namespace fourfold
