#include <cstddef>
#include <cstdint>

#include "kernels/depthwise_s8/depthwise_s8.h"

namespace fourfold {
namespace {

constexpr std::size_t kGroup = 4;

void interleave(const SlotsBlock& block) {
  std::uint8_t* slot = block.slots;
  for (std::size_t s = 0; s < block.columns; ++s) {
    for (std::size_t c = 0; c < block.channels; ++c) {
      for (std::size_t j = 0; j < kGroup; ++j) {
        const std::int8_t* row = block.rows[j];
        slot[c * kGroup + j] =
            static_cast<std::uint8_t>(row ? row[s * block.stride + c] : *block.border);
      }
    }
    slot += padded_channels(block.channels) * kSlotChannelBytes;
  }
}

// Adds some steps to the sums of some rows. They have weights of `step_rows`.
void add_steps(const DepthwiseS8Block& block, const std::size_t* offsets, std::size_t count,
               const std::int8_t* weights, std::size_t step_rows, std::size_t first,
               std::size_t rows) {
  const std::size_t channels = padded_channels(block.channels);
  const std::size_t values = channels * kGroup;  // of one slot, or of the weights of a row
  for (std::size_t t = 0; t < count; ++t, weights += step_rows * values) {
    for (std::size_t r = 0; r < rows; ++r) {
      std::int32_t* sums = block.sums + (first + r) * block.columns * channels;
      for (std::size_t i = 0; i < block.columns; ++i, sums += channels) {
        const std::uint8_t* slot = block.slots + (offsets[t] + i * block.step) * values;
        for (std::size_t v = 0; v < block.channels * kGroup; ++v)
          sums[v / kGroup] += static_cast<std::int8_t>(slot[v]) * weights[r * values + v];
      }
    }
  }
}

void convolve(const DepthwiseS8Block& block) {
  const std::size_t channels = padded_channels(block.channels);
  for (std::size_t i = 0; i < block.rows * block.columns; ++i) {
    for (std::size_t c = 0; c < block.channels; ++c)
      block.sums[i * channels + c] = block.start[i / block.columns * block.start_stride + c];
  }
  const DepthwiseS8Steps& steps = block.steps;
  const std::size_t values = channels * kGroup;
  const std::int8_t* of_first = block.weights + steps.all * block.step_rows * values;
  const std::size_t* offsets = block.offsets;
  add_steps(block, offsets, steps.all, block.weights, block.step_rows, 0, block.rows);
  add_steps(block, offsets + steps.all, steps.first, of_first, 1, 0, 1);
  if (block.rows == 1) return;
  add_steps(block, offsets + steps.all + steps.first, steps.second, of_first + steps.first * values,
            1, 1, 1);
}

}  // namespace

extern const DepthwiseS8Kernels depthwise_s8_scalar = {Isa::kScalar, kGroup, /*flip=*/0x00,
                                                       interleave, convolve};

}  // namespace fourfold
