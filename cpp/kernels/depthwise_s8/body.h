// The loops of depthwise_s8, written once. Include after an ISA's own words for it:
//
//   kLanes                  channels of one register of sums; divides 16
//   kGroup                  values of one channel in a slot
//   Sums, Slot, Weights     registers of int32 sums, of slots, of weights, kLanes channels each
//   load_sums, store_sums, load_slot, load_weights, from and to any address
//   dot(sums, slot, weights)
//   kColumnsOf4, kColumnsOf2, kColumnsOf1   positions whose sums, times 4, 2, 1 rows, fit in registers
//   kChannelsAtOnce         a multiple of 16
//   interleave_channels(rows, channels, slot)   the slot of so many channels, at most kChannelsAtOnce
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

// `columns` positions from `column` on, kLanes channels from `channel` on.
template <std::size_t rows, std::size_t columns>
FOURFOLD_INLINE void convolve_tile(const DepthwiseS8Block& block, std::size_t column,
                                   std::size_t channel) {
  const std::size_t channels = padded_channels(block.channels);
  const std::size_t slot_bytes = channels * kSlotChannelBytes;
  const std::size_t step = block.step * slot_bytes;
  Sums sums[rows][columns];
  const Sums start = load_sums(block.start + channel);
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < columns; ++i)
      sums[r][i] = start;
  }
  const std::uint8_t* first = block.slots + column * step + channel * kSlotChannelBytes;
  const std::int8_t* w = block.weights + channel * kGroup;
  for (std::size_t k = 0; k < block.points; ++k) {
    const std::uint8_t* slots = first + block.offsets[k] * slot_bytes;
    for (std::size_t g = 0; g < block.groups; ++g, slots += block.group_stride * slot_bytes) {
      Weights weights[rows];
      FOURFOLD_UNROLL
      for (std::size_t r = 0; r < rows; ++r, w += channels * kGroup)
        weights[r] = load_weights(w);
      FOURFOLD_UNROLL
      for (std::size_t i = 0; i < columns; ++i) {
        const Slot slot = load_slot(slots + i * step);
        FOURFOLD_UNROLL
        for (std::size_t r = 0; r < rows; ++r)
          sums[r][i] = dot(sums[r][i], slot, weights[r]);
      }
    }
  }
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    std::int32_t* to = block.sums + (r * block.columns + column) * channels + channel;
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < columns; ++i)
      store_sums(to + i * channels, sums[r][i]);
  }
}

// All positions from `column` on.
template <std::size_t rows, std::size_t columns>
FOURFOLD_INLINE void convolve_columns(const DepthwiseS8Block& block, std::size_t column,
                                      std::size_t channel) {
  for (; column + columns <= block.columns; column += columns)
    convolve_tile<rows, columns>(block, column, channel);
  if constexpr (columns > 1) convolve_columns<rows, columns / 2>(block, column, channel);
}

template <std::size_t rows, std::size_t columns>
void convolve_rows(const DepthwiseS8Block& block) {
  for (std::size_t channel = 0; channel < block.channels; channel += kLanes)
    convolve_columns<rows, columns>(block, 0, channel);
}

void interleave(const InterleaveBlock& block) {
  // Slots that follow each other in x, too, are one.
  const bool one = block.stride == block.channels && block.channels % kSlotChannels == 0;
  const std::size_t columns = one ? 1 : block.columns;
  const std::size_t channels = one ? block.columns * block.channels : block.channels;
  const std::size_t slot_bytes = padded_channels(channels) * kSlotChannelBytes;
  for (std::size_t s = 0; s < columns; ++s) {
    for (std::size_t c = 0; c < channels; c += kChannelsAtOnce) {
      const std::int8_t* rows[kGroup];
      FOURFOLD_UNROLL
      for (std::size_t j = 0; j < kGroup; ++j)
        rows[j] = block.rows[j] != nullptr ? block.rows[j] + s * block.stride + c : nullptr;
      const std::size_t left = channels - c < kChannelsAtOnce ? channels - c : kChannelsAtOnce;
      interleave_channels(rows, left, block.slots + s * slot_bytes + c * kSlotChannelBytes);
    }
  }
}

void convolve(const DepthwiseS8Block& block) {
  if (block.rows == 4) return convolve_rows<4, kColumnsOf4>(block);
  if (block.rows == 2) return convolve_rows<2, kColumnsOf2>(block);
  convolve_rows<1, kColumnsOf1>(block);
}

}  // namespace
}  // namespace fourfold
