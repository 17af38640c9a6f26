// depthwise_s8's weights as the kernels read them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "ops/convolution/depthwise_s8_plan.h"

namespace fourfold {

// A block of channels after the other: for each step, and each of its rows, [channels][group]. And
// what the sums begin with.
class DepthwiseS8Weights {
 public:
  // weight: int8 [points][channels]. border: what 0 is in x.
  DepthwiseS8Weights(const std::int8_t* weight, const DepthwiseS8Shape& shape,
                     const DepthwiseS8Plan& plan, const DepthwiseS8Kernels& kernels,
                     std::int8_t border);

  // Of the block that begins with this channel.
  const std::int8_t* weights(std::size_t channel) const {
    return reinterpret_cast<const std::int8_t*>(weights_.data()) + channel * per_channel_;
  }
  const std::int32_t* start(std::size_t channel) const {
    return reinterpret_cast<const std::int32_t*>(start_.data()) + channel;
  }
  std::size_t start_stride() const { return start_stride_; }  // from row to row

 private:
  std::size_t per_channel_;  // bytes
  AlignedBuffer weights_;
  std::size_t start_stride_;
  AlignedBuffer start_;
};

}  // namespace fourfold
