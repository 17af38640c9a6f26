#include "ops/convolution/depthwise_s8_tasks.h"

#include <algorithm>

#include "ops/convolution/conv_parts.h"

namespace fourfold {

DepthwiseS8Tasks::DepthwiseS8Tasks(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                                   const Execution& execution)
    : shape_(shape),
      plan_(plan),
      planes_(shape.images * shape.window.depth().out),
      strips_(plan.strips(shape.window)),
      blocks_(shape.channel_blocks()),
      tiles_(plan.row_tiles(shape.window)) {
  const std::size_t whole = planes_ * strips_ * blocks_;
  constexpr std::size_t kPerThread = 4;
  const std::size_t wanted = execution.threads == 1 ? 1 : kPerThread * execution.threads;
  const std::size_t most = std::max<std::size_t>(1, tiles_);
  cuts_ = whole == 0 ? 1 : std::clamp<std::size_t>((wanted + whole - 1) / whole, 1, most);
  const std::size_t multiply_adds =
      shape.images * shape.channels * shape.window.points() * shape.window.out_positions();
  parts_ = conv_parts(count(), multiply_adds, execution);
}

DepthwiseS8Strip DepthwiseS8Tasks::at(std::size_t index) const {
  const auto take = [&](std::size_t size) {
    const std::size_t own = index % size;
    index /= size;
    return own;
  };
  const std::size_t block = take(blocks_) * kBlockChannels, strip = take(strips_) * plan_.columns;
  const std::size_t cut = take(cuts_), depth = take(shape_.window.depth().out);
  return {index,
          depth,
          part_of(tiles_, 1, cuts_, cut),
          {strip, std::min(shape_.window.width().out, strip + plan_.columns)},
          {block, std::min(shape_.channels, block + kBlockChannels)}};
}

}  // namespace fourfold
