// How the strips of depthwise_s8 are shared out.
#pragma once

#include <cstddef>

#include "matmul/blocking.h"
#include "matmul/execution.h"
#include "ops/convolution/depthwise_s8_plan.h"

namespace fourfold {

// Some rows of one strip: tiles of as many as are computed at once.
struct DepthwiseS8Strip {
  std::size_t image;
  std::size_t depth;
  Range tiles;
  Range columns;
  Range channels;
};

// All strips of all planes, cut across if that leaves too few for the threads.
class DepthwiseS8Tasks {
 public:
  DepthwiseS8Tasks(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                   const Execution& execution);

  std::size_t count() const { return planes_ * cuts_ * strips_ * blocks_; }
  std::size_t parts() const { return parts_; }

  // Channels change first: what one block leaves of a cache line is the next one's.
  DepthwiseS8Strip at(std::size_t index) const;

 private:
  const DepthwiseS8Shape& shape_;
  const DepthwiseS8Plan& plan_;
  const std::size_t planes_;  // of all images
  const std::size_t strips_;
  const std::size_t blocks_;
  const std::size_t tiles_;
  std::size_t cuts_;
  std::size_t parts_;
};

}  // namespace fourfold
