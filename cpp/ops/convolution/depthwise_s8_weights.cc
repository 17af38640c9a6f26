#include "ops/convolution/depthwise_s8_weights.h"

#include <algorithm>

namespace fourfold {
namespace {

class Packer {
 public:
  Packer(const std::int8_t* weight, const DepthwiseS8Shape& shape, const RowGroups& groups)
      : weight_(weight), window_(shape.window), channels_(shape.channels), groups_(groups) {}

  void pack(std::int8_t* to) const {
    using Under = RowGroups::Under;
    const std::size_t padded = padded_channels(channels_);
    for (std::size_t first = 0; first < padded; first += kBlockChannels) {
      const Range channels = {first, std::min(padded, first + kBlockChannels)};
      visit_steps(window_, groups_,
                  [&](Under under, std::size_t plane, std::size_t g, std::size_t k) {
                    const Range rows = under == Under::kAll     ? Range{0, groups_.rows}
                                       : under == Under::kFirst ? Range{0, 1}
                                                                : Range{1, 2};
                    for (std::size_t r = rows.begin; r < rows.end; ++r) {
                      pack_row({plane, g, k}, r, channels, to);
                      to += channels.size() * groups_.group;
                    }
                  });
    }
  }

  // What the sums of row r of output begin with: `of_slot` times all weights that slots are
  // multiplied with, and `of_border` times those that lie beside the groups.
  std::int32_t start(std::size_t r, std::size_t channel, std::int32_t of_slot,
                     std::int32_t of_border) const {
    const std::size_t height = window_.height().points, width = window_.width().points;
    std::int32_t sum = 0;
    for (std::size_t point = 0; point < window_.points(); ++point) {
      const std::size_t row_of_x = r * window_.height().stride + point / width % height;
      sum += (holds(row_of_x) ? of_slot : of_border) * at(point, channel);
    }
    return sum;
  }

 private:
  struct Step {
    std::size_t plane;
    std::size_t group;
    std::size_t slot;  // of a window row
  };

  // Whether a row under the first rows of output is in a group.
  bool holds(std::size_t row_of_x) const {
    return !groups_.is_image ||
           (row_of_x >= groups_.skipped && row_of_x < groups_.skipped + groups_.group);
  }

  // 0 for channels that only pad.
  std::int8_t at(std::size_t point, std::size_t channel) const {
    return channel < channels_ ? weight_[point * channels_ + channel] : std::int8_t{0};
  }

  // Which point of the window, for row r of output, value j of a step's slot is under; window_.points()
  // if it is under none.
  std::size_t point_under(const Step& step, std::size_t r, std::size_t j) const {
    const WindowAxis& height = window_.height();
    const std::size_t width = window_.width().points;
    if (groups_.of_points) return std::min(step.slot * groups_.group + j, width);
    const std::size_t row_of_x = groups_.skipped + step.group * groups_.group + j,
                      above = r * height.stride;
    if (row_of_x < above || row_of_x - above >= height.points) return window_.points();
    return (step.plane * height.points + row_of_x - above) * width + step.slot;
  }

  // What a step's slot is multiplied with for row r of output: zeros where it isn't under the window.
  void pack_row(const Step& step, std::size_t r, Range channels, std::int8_t* to) const {
    for (std::size_t j = 0; j < groups_.group; ++j) {
      const std::size_t point = point_under(step, r, j);
      const bool under = point < window_.points();
      for (std::size_t c = 0; c < channels.size(); ++c)
        to[c * groups_.group + j] = under ? at(point, channels.begin + c) : std::int8_t{0};
    }
  }

  const std::int8_t* weight_;
  const Window& window_;
  const std::size_t channels_;
  const RowGroups& groups_;
};

std::size_t bytes_per_channel(const DepthwiseS8Plan& plan) {
  const DepthwiseS8Steps& steps = plan.steps;
  return (steps.all * plan.groups.rows + steps.first + steps.second) * plan.groups.group;
}

}  // namespace

DepthwiseS8Weights::DepthwiseS8Weights(const std::int8_t* weight, const DepthwiseS8Shape& shape,
                                       const DepthwiseS8Plan& plan,
                                       const DepthwiseS8Kernels& kernels, std::int8_t border)
    : per_channel_(bytes_per_channel(plan)),
      weights_(padded_channels(shape.channels) * per_channel_),
      start_stride_(padded_channels(shape.channels)),
      start_(plan.groups.rows * start_stride_ * sizeof(std::int32_t)) {
  const Packer packer(weight, shape, plan.groups);
  packer.pack(reinterpret_cast<std::int8_t*>(weights_.data()));
  auto* start = reinterpret_cast<std::int32_t*>(start_.data());
  for (std::size_t r = 0; r < plan.groups.rows; ++r) {
    for (std::size_t c = 0; c < start_stride_; ++c)
      *start++ = packer.start(r, c, -kernels.flip, border);
  }
}

}  // namespace fourfold
