// How depthwise_s8 is cut up: pure functions of the shapes and the kernel.
//
// Some rows of output are computed at once, from the rows of x under their windows, `group` of which
// make one slot (kernels/depthwise_s8). Along a row of output they go strip by strip, a block of
// channels at a time: slots, weights and sums of one strip stay in L1.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "ops/convolution/window.h"

namespace fourfold {

inline constexpr std::size_t kBlockChannels =
    64;  // a cache line of a pixel, and four zmm of a slot
inline constexpr std::size_t kRowsAtOnce[] = {1, 2, 4};

struct DepthwiseS8Shape {
  Window window;
  std::size_t images;
  std::size_t channels;

  std::size_t channel_blocks() const { return (channels + kBlockChannels - 1) / kBlockChannels; }
};

// Groups of x's rows in one plane under so many rows of output. More than one only undilated.
std::size_t row_groups(const WindowAxis& height, std::size_t rows, std::size_t group);

struct DepthwiseS8Plan {
  std::size_t rows_index;  // in kRowsAtOnce
  std::size_t groups;      // of all planes under the window
  std::size_t columns;     // positions of a strip, at most
  // Slots of a strip: columns of x one next to the other, or, where windows leave most of them out,
  // for each point of a window row those that it meets.
  bool dense;
  std::size_t slots;

  DepthwiseS8Plan(const DepthwiseS8Shape& shape, std::size_t group);

  std::size_t rows() const { return kRowsAtOnce[rows_index]; }
  std::size_t row_tiles(const Window& window) const {
    return (window.height().out + rows() - 1) / rows();
  }
};

// The weights as the kernel reads them, a block of channels after the other, and what its sums begin
// with.
class DepthwiseS8Weights {
 public:
  // weight: int8 [points / 4][channels][4], both padded, with zeros.
  DepthwiseS8Weights(const std::int8_t* weight, const DepthwiseS8Shape& shape,
                     const DepthwiseS8Plan& plan, const DepthwiseS8Kernels& kernels);

  // Of the block that begins with this channel.
  const std::int8_t* weights(std::size_t channel) const {
    return reinterpret_cast<const std::int8_t*>(weights_.data()) + channel * per_channel_;
  }
  const std::int32_t* start(std::size_t channel) const {
    return reinterpret_cast<const std::int32_t*>(start_.data()) + channel;
  }

 private:
  std::size_t per_channel_;  // bytes
  AlignedBuffer weights_;
  AlignedBuffer start_;
};

}  // namespace fourfold
