// depthwise_s8: convolution of each channel by itself, int8 to exact int32 sums.
//
// The dot products of the CPU take a few neighbouring bytes of both sides. Here they are a channel's
// values in `group` rows of x, one under the other: so x is interleaved, into slots, and a slot then
// serves every point of a window row, and all rows of output that its rows of x lie under.
//
// interleave  slots[s][c][j] = rows[j][s * stride + c], for `columns` slots of `channels`. A null row
//             counts as one of `border` bytes. Channels past the last, up to 16, may be anything.
// convolve    For `rows` rows of output (1, 2 or 4), `columns` positions of each, and `channels`:
//
//   sums[r][i][c] = start[r * start_stride + c] + sum over the steps t of row r, values j of
//                   (slot offsets[t] + i * step)[c][j] * weights[t][r][c][j]
//
//             A step is a slot under the window, and what it is multiplied with for each row: for all
//             rows, first; then, of 2 rows, steps of the first alone, then of the second alone. The
//             steps may be those of more rows, of which the first are computed: 1 of 2, or 1 or 2 of 4.
//
// Ranges  x and weights any int8, though what we quantize is never -128; at most 65,536 products.
// Shapes  A slot is padded_channels(channels) * 4 bytes, whatever the group: of 4 bytes, or of 2
//         values in int16. Offsets and step count slots; stride counts bytes.
//         weights: for each step and each of its rows int8 [padded channels][group].
//         sums: [rows][columns][padded channels].
// Form    A kernel built on a u8 x s8 dot product reads x ^ 0x80, which is x + 128: interleave flips,
//         and the caller has start[c] = -128 * the sum of the channel's weights, else 0.
// Memory  Reads and writes nothing outside these shapes, any alignment; slots and sums are fastest on
//         64-byte boundaries. What lies in a row between two slots' channels may be read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

inline constexpr std::size_t kMaxGroup = 4;
inline constexpr std::size_t kSlotChannels = 16;     // channels of a slot are padded to this
inline constexpr std::size_t kSlotChannelBytes = 4;  // of one channel of a slot
inline constexpr std::size_t kBorderBytes = 64;      // of one register at most

constexpr std::size_t padded_channels(std::size_t channels) {
  return (channels + kSlotChannels - 1) / kSlotChannels * kSlotChannels;
}

struct SlotsBlock {
  const std::int8_t* rows[kMaxGroup];  // the kernel's group of them
  std::size_t stride;
  std::size_t columns;
  std::size_t channels;
  std::uint8_t* slots;
  const std::int8_t* border;  // kBorderBytes, all the same
};

struct DepthwiseS8Steps {
  std::size_t all;  // of all rows
  std::size_t first;
  std::size_t second;
};

struct DepthwiseS8Block {
  const std::uint8_t* slots;
  const std::size_t* offsets;  // of every step
  std::size_t step;
  const std::int8_t* weights;
  const std::int32_t* start;  // padded_channels(channels) of them
  std::int32_t* sums;
  std::size_t rows;
  std::size_t columns;
  std::size_t channels;
  DepthwiseS8Steps steps;
  std::size_t step_rows;         // rows of the steps, as many as are computed or more
  std::size_t start_stride = 0;  // 0: the same for all rows
};

struct DepthwiseS8Kernels {
  Isa isa;
  std::size_t group;  // 4 or 2
  std::uint8_t flip;  // 0x00, or 0x80 for kernels that read x as u8
  void (*interleave)(const SlotsBlock&);
  void (*convolve)(const DepthwiseS8Block&);
};

#define FOURFOLD_KERNELS(name) extern const DepthwiseS8Kernels name;
#include "kernels/depthwise_s8/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const DepthwiseS8Kernels* kDepthwiseS8List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/depthwise_s8/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const DepthwiseS8Kernels& depthwise_s8_kernels(Isa active) {
  return first_runnable(kDepthwiseS8List, active);
}

}  // namespace fourfold
