// interleave_channels of ISAs that mask no bytes of memory. Include after kGroup, kChannelsAtOnce and
// interleave_whole(rows, slot), which reads and writes all of kChannelsAtOnce.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/unroll.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

constexpr bool kReadsOn = true;

inline void interleave_ragged(const std::int8_t* const (&rows)[kGroup], std::size_t channels,
                              std::uint8_t* slot) {
  std::int8_t copies[kGroup][kChannelsAtOnce] = {};
  const std::int8_t* whole[kGroup];
  FOURFOLD_UNROLL
  for (std::size_t j = 0; j < kGroup; ++j) {
    memcpy(copies[j], rows[j], channels);
    whole[j] = copies[j];
  }
  std::uint8_t all[kChannelsAtOnce * kSlotChannelBytes];
  interleave_whole(whole, all);
  memcpy(slot, all, padded_channels(channels) * kSlotChannelBytes);
}

FOURFOLD_INLINE void interleave_channels(const std::int8_t* const (&rows)[kGroup],
                                         std::size_t channels, std::uint8_t* slot) {
  if (channels == kChannelsAtOnce) return interleave_whole(rows, slot);
  interleave_ragged(rows, channels, slot);
}

}  // namespace
}  // namespace fourfold
