// The loops of depthwise_s8, written once. Include after an ISA's own words for it:
//
//   kLanes                  channels of one register of sums; divides 16
//   kGroup                  values of one channel in a slot
//   Sums, Slot, Weights     registers of int32 sums, of slots, of weights, kLanes channels each
//   load_sums, store_sums, load_slot, load_weights, from and to any address
//   dot(sums, slot, weights)
//   keep(slot)              hides where a slot was loaded from: GCC would rather read it again for
//                           every row that it serves, and loads are then what the loop waits for
//   kColumnsOf4, kColumnsOf2, kColumnsOf1   positions whose sums, times 4, 2, 1 rows, fit in registers
//   kChannelsAtOnce         a multiple of 16
//   interleave_channels(rows, channels, slot)   the slot of so many channels, at most kChannelsAtOnce
//   kReadsOn                whether fewer than kChannelsAtOnce are slower than all
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/unroll.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "kernels/simd/force_inline.h"

namespace fourfold {
namespace {

// What is the same for all positions of some channels: copied, as a store of sums might change what
// lies in memory, and the compiler would read it again.
struct Lanes {
  const std::uint8_t* slots;
  const std::size_t* offsets;
  const std::int8_t* weights;
  const std::int32_t* start;
  std::size_t start_stride;
  std::int32_t* sums;
  std::size_t slot_bytes;
  std::size_t step_bytes;
  std::size_t weight_bytes;
  std::size_t unused_bytes;   // of a step of all rows: of rows that are not computed
  std::size_t column_stride;  // of sums
  std::size_t row_stride;
  DepthwiseS8Steps steps;
};

FOURFOLD_INLINE Lanes lanes_from(const DepthwiseS8Block& block, std::size_t channel) {
  const std::size_t channels = padded_channels(block.channels);
  const std::size_t slot_bytes = channels * kSlotChannelBytes;
  const std::size_t unused = block.step_rows - block.rows;
  return {block.slots + channel * kSlotChannelBytes,
          block.offsets,
          block.weights + channel * kGroup,
          block.start + channel,
          block.start_stride,
          block.sums + channel,
          slot_bytes,
          block.step * slot_bytes,
          channels * kGroup,
          unused * channels * kGroup,
          channels,
          channels * block.columns,
          block.steps};
}

// `count` steps, for the rows from `first` to `end` - 1 of the tile. `unused`: bytes of weights behind
// those of a step.
template <std::size_t first, std::size_t end, std::size_t rows, std::size_t columns>
FOURFOLD_INLINE void add_steps(const Lanes& lanes, const std::uint8_t* slots, std::size_t count,
                               std::size_t unused, const std::size_t*& offsets,
                               const std::int8_t*& w, Sums (&sums)[rows][columns]) {
  for (const std::size_t* const last = offsets + count; offsets != last; ++offsets) {
    const std::uint8_t* under = slots + *offsets * lanes.slot_bytes;
    Weights weights[rows];
    FOURFOLD_UNROLL
    for (std::size_t r = first; r < end; ++r, w += lanes.weight_bytes)
      weights[r] = load_weights(w);
    w += unused;
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < columns; ++i) {
      Slot slot = load_slot(under + i * lanes.step_bytes);
      if constexpr (end - first > 1) keep(slot);
      FOURFOLD_UNROLL
      for (std::size_t r = first; r < end; ++r)
        sums[r][i] = dot(sums[r][i], slot, weights[r]);
    }
  }
}

template <std::size_t rows, std::size_t columns>
FOURFOLD_INLINE void convolve_tile(const Lanes& lanes, std::size_t column) {
  Sums sums[rows][columns];
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    const Sums start = load_sums(lanes.start + r * lanes.start_stride);
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < columns; ++i)
      sums[r][i] = start;
  }
  const std::uint8_t* slots = lanes.slots + column * lanes.step_bytes;
  const std::size_t* offsets = lanes.offsets;
  const std::int8_t* w = lanes.weights;
  add_steps<0, rows>(lanes, slots, lanes.steps.all, lanes.unused_bytes, offsets, w, sums);
  if constexpr (rows <= 2) add_steps<0, 1>(lanes, slots, lanes.steps.first, 0, offsets, w, sums);
  if constexpr (rows == 2) add_steps<1, 2>(lanes, slots, lanes.steps.second, 0, offsets, w, sums);
  FOURFOLD_UNROLL
  for (std::size_t r = 0; r < rows; ++r) {
    std::int32_t* to = lanes.sums + r * lanes.row_stride + column * lanes.column_stride;
    FOURFOLD_UNROLL
    for (std::size_t i = 0; i < columns; ++i)
      store_sums(to + i * lanes.column_stride, sums[r][i]);
  }
}

// All positions from `column` to `end` - 1.
template <std::size_t rows, std::size_t columns>
FOURFOLD_INLINE void convolve_columns(const Lanes& lanes, std::size_t column, std::size_t end) {
  for (; column + columns <= end; column += columns)
    convolve_tile<rows, columns>(lanes, column);
  if constexpr (columns > 1) convolve_columns<rows, columns / 2>(lanes, column, end);
}

template <std::size_t rows, std::size_t columns>
void convolve_rows(const DepthwiseS8Block& block) {
  const std::size_t positions = block.columns, channels = block.channels;
  for (std::size_t channel = 0; channel < channels; channel += kLanes)
    convolve_columns<rows, columns>(lanes_from(block, channel), 0, positions);
}

// A slot of so many channels, of rows that go on by `steps` from register to register. Where it may be
// read and written beyond the last channel, all of the last register is.
FOURFOLD_INLINE void interleave_slot(const std::int8_t* (&from)[kGroup],
                                     const std::size_t (&steps)[kGroup], std::size_t channels,
                                     bool may_read_on, std::uint8_t* slot) {
  std::size_t left = channels;
  for (; left >= kChannelsAtOnce; left -= kChannelsAtOnce) {
    interleave_channels(from, kChannelsAtOnce, slot);
    slot += kChannelsAtOnce * kSlotChannelBytes;
    FOURFOLD_UNROLL
    for (std::size_t j = 0; j < kGroup; ++j)
      from[j] += steps[j];
  }
  if (left == 0) return;
  if (kReadsOn && may_read_on) return interleave_channels(from, kChannelsAtOnce, slot);
  interleave_channels(from, left, slot);
}

void interleave(const SlotsBlock& block) {
  static_assert(kChannelsAtOnce <= kBorderBytes);
  // Slots that follow each other in x, too, are one.
  const bool one = block.stride == block.channels && block.channels % kSlotChannels == 0;
  const std::size_t columns = one ? 1 : block.columns;
  const std::size_t channels = one ? block.columns * block.channels : block.channels;
  const std::size_t padded = padded_channels(channels), stride = block.stride;
  const std::size_t slot_bytes = padded * kSlotChannelBytes;
  const std::int8_t* rows[kGroup];
  std::size_t strides[kGroup], steps[kGroup];  // 0 of null rows: the border is one register
  FOURFOLD_UNROLL
  for (std::size_t j = 0; j < kGroup; ++j) {
    const bool given = block.rows[j] != nullptr;
    rows[j] = given ? block.rows[j] : block.border;
    strides[j] = given ? stride : 0;
    steps[j] = given ? kChannelsAtOnce : 0;
  }
  // What the next slots have in row and memory may be read, and written, as it is written later.
  const std::size_t reach = (channels + kChannelsAtOnce - 1) / kChannelsAtOnce * kChannelsAtOnce;
  std::uint8_t* slot = block.slots;
  for (std::size_t s = 0; s < columns; ++s, slot += slot_bytes) {
    const std::size_t behind = columns - 1 - s;  // slots
    const std::int8_t* from[kGroup];
    FOURFOLD_UNROLL
    for (std::size_t j = 0; j < kGroup; ++j) {
      from[j] = rows[j];
      rows[j] += strides[j];
    }
    const bool may_read_on = reach <= behind * stride + channels && reach <= (behind + 1) * padded;
    interleave_slot(from, steps, channels, may_read_on, slot);
  }
}

void convolve(const DepthwiseS8Block& block) {
  if (block.rows == 4) return convolve_rows<4, kColumnsOf4>(block);
  if (block.rows == 2) return convolve_rows<2, kColumnsOf2>(block);
  convolve_rows<1, kColumnsOf1>(block);
}

}  // namespace
}  // namespace fourfold
