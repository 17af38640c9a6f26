// Slots of 4 rows on NEON: st4 interleaves on the way to memory.
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kGroup = 4;
constexpr std::size_t kColumnsOf4 = 4;
constexpr std::size_t kColumnsOf2 = 8;
constexpr std::size_t kColumnsOf1 = 8;

using Sums = int32x4_t;
using Slot = int8x16_t;
using Weights = int8x16_t;

FOURFOLD_INLINE Sums load_sums(const std::int32_t* from) {
  return vld1q_s32(from);
}
FOURFOLD_INLINE void store_sums(std::int32_t* to, Sums sums_i32x4) {
  vst1q_s32(to, sums_i32x4);
}
FOURFOLD_INLINE Slot load_slot(const std::uint8_t* from) {
  return vreinterpretq_s8_u8(vld1q_u8(from));
}
FOURFOLD_INLINE void keep(Slot&) {}  // no instruction but a load reads memory
FOURFOLD_INLINE Weights load_weights(const std::int8_t* from) {
  return vld1q_s8(from);
}

constexpr std::size_t kChannelsAtOnce = 16;

FOURFOLD_INLINE void interleave_whole(const std::int8_t* const (&rows)[kGroup],
                                      std::uint8_t* slot) {
  const int8x16x4_t four = {
      {vld1q_s8(rows[0]), vld1q_s8(rows[1]), vld1q_s8(rows[2]), vld1q_s8(rows[3])}};
  vst4q_s8(reinterpret_cast<std::int8_t*>(slot), four);
}

}  // namespace
}  // namespace fourfold
