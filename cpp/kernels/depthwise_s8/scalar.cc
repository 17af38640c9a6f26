#include <cstddef>
#include <cstdint>

#include "kernels/depthwise_s8/depthwise_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kGroup = 4;

void interleave(const InterleaveBlock& block) {
  std::uint8_t* slot = block.slots;
  for (std::size_t s = 0; s < block.columns; ++s) {
    for (std::size_t c = 0; c < block.channels; ++c) {
      for (std::size_t j = 0; j < kGroup; ++j) {
        const std::int8_t* row = block.rows[j];
        slot[c * kGroup + j] = static_cast<std::uint8_t>(row ? row[s * block.stride + c] : 0);
      }
    }
    slot += padded_channels(block.channels) * kSlotChannelBytes;
  }
}

std::int32_t sum_at(const DepthwiseS8Block& block, std::size_t r, std::size_t i, std::size_t c) {
  const std::size_t channels = padded_channels(block.channels);
  std::int32_t sum = block.start[c];
  for (std::size_t k = 0; k < block.points; ++k) {
    for (std::size_t g = 0; g < block.groups; ++g) {
      const std::size_t slot = g * block.group_stride + block.offsets[k] + i * block.step;
      const std::uint8_t* x = block.slots + (slot * channels + c) * kSlotChannelBytes;
      const std::size_t row = (k * block.groups + g) * block.rows + r;
      const std::int8_t* w = block.weights + (row * channels + c) * kGroup;
      for (std::size_t j = 0; j < kGroup; ++j)
        sum += static_cast<std::int8_t>(x[j]) * w[j];
    }
  }
  return sum;
}

void convolve(const DepthwiseS8Block& block) {
  const std::size_t channels = padded_channels(block.channels);
  for (std::size_t r = 0; r < block.rows; ++r) {
    for (std::size_t i = 0; i < block.columns; ++i) {
      for (std::size_t c = 0; c < block.channels; ++c)
        block.sums[(r * block.columns + i) * channels + c] = sum_at(block, r, i, c);
    }
  }
}

}  // namespace

extern const DepthwiseS8Kernels depthwise_s8_scalar = {Isa::kScalar, kGroup, /*flip=*/0x00,
                                                       interleave, convolve};

}  // namespace fourfold
