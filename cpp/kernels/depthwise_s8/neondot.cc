// depthwise_s8 with sdot (FEAT_DotProd): a register of slots is 4 rows of 4 channels.
#include "kernels/depthwise_s8/neon_slots.h"
// What is above comes first: it is written over it.
#include "kernels/depthwise_s8/ragged.h"

namespace fourfold {
namespace {

FOURFOLD_INLINE Sums dot(Sums sums_i32x4, Slot slot_s8x16, Weights weights_s8x16) {
  return vdotq_s32(sums_i32x4, slot_s8x16, weights_s8x16);
}

}  // namespace
}  // namespace fourfold

// The body comes last: it is written over all of that.
#include "kernels/depthwise_s8/body.h"

namespace fourfold {

extern const DepthwiseS8Kernels depthwise_s8_neondot = {Isa::kNeonDot, kGroup, /*flip=*/0x00,
                                                        interleave, convolve};

}  // namespace fourfold
