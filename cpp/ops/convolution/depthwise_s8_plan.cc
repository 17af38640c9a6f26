#include "ops/convolution/depthwise_s8_plan.h"

#include <algorithm>
#include <iterator>

namespace fourfold {
namespace {

// Of the slots of a strip: with weights and sums that is most of an L1 of 32 KiB.
constexpr std::size_t kStripBytes = 16384;
constexpr std::size_t kMostSums = 64;  // positions, of all rows at once

std::size_t dense_slots(const WindowAxis& width, std::size_t columns) {
  return (columns - 1) * width.stride + (width.points - 1) * width.dilation + 1;
}

// Rough cycles for a block of channels of all rows: for each dot product one, and for each register
// of slots three.
std::size_t cost(const Window& window, std::size_t rows, std::size_t group) {
  constexpr std::size_t kSlotCost = 3;
  const WindowAxis &height = window.height(), &width = window.width();
  const std::size_t tiles = (height.out + rows - 1) / rows;
  const std::size_t slots_per_position = std::min(width.stride, width.points);
  return tiles * row_groups(height, rows, group) *
         (rows * width.points + kSlotCost * slots_per_position);
}

std::size_t best_rows_index(const Window& window, std::size_t group) {
  std::size_t best = 0;
  if (window.height().dilation != 1) return best;
  for (std::size_t i = 1; i < std::size(kRowsAtOnce); ++i) {
    if (cost(window, kRowsAtOnce[i], group) < cost(window, kRowsAtOnce[best], group)) best = i;
  }
  return best;
}

// Packs int8 [points / 4][channels][4] for the kernel.
class Packer {
 public:
  Packer(const std::int8_t* weight, const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
         std::size_t group)
      : weight_(weight),
        window_(shape.window),
        channels_(padded_channels(shape.channels)),
        rows_(plan.rows()),
        groups_(plan.groups),
        group_(group) {}

  void pack(std::int8_t* to) const {
    for (std::size_t first = 0; first < channels_; first += kBlockChannels) {
      const std::size_t some = std::min(kBlockChannels, channels_ - first);
      for (std::size_t k = 0; k < window_.width().points; ++k) {
        for (std::size_t i = 0; i < groups_ * rows_; ++i, to += some * group_)
          pack_group(k, i / rows_, i % rows_, {first, first + some}, to);
      }
    }
  }

  std::int32_t sum(std::size_t channel) const {
    std::int32_t sum = 0;
    for (std::size_t point = 0; point < window_.points(); ++point)
      sum += at(point, channel);
    return sum;
  }

 private:
  std::int8_t at(std::size_t point, std::size_t channel) const {
    constexpr std::size_t kPoints = 4;
    return weight_[(point / kPoints * channels_ + channel) * kPoints + point % kPoints];
  }

  // What group g of x's rows is multiplied with for row r of output.
  void pack_group(std::size_t k, std::size_t g, std::size_t r, Range channels,
                  std::int8_t* to) const {
    const WindowAxis& height = window_.height();
    const std::size_t groups_of_plane = groups_ / window_.depth().points;
    const std::size_t plane = g / groups_of_plane, first = g % groups_of_plane * group_;
    for (std::size_t j = 0; j < group_; ++j) {
      const std::size_t row_of_x = first + j, above = r * height.stride;
      const bool under = row_of_x >= above && row_of_x - above < height.points;
      const std::size_t row = under ? plane * height.points + row_of_x - above : 0;
      const std::size_t point = row * window_.width().points + k;
      for (std::size_t c = 0; c < channels.size(); ++c)
        to[c * group_ + j] = under ? at(point, channels.begin + c) : std::int8_t{0};
    }
  }

  const std::int8_t* weight_;
  const Window& window_;
  const std::size_t channels_;
  const std::size_t rows_;
  const std::size_t groups_;
  const std::size_t group_;
};

}  // namespace

std::size_t row_groups(const WindowAxis& height, std::size_t rows, std::size_t group) {
  return ((rows - 1) * height.stride + height.points + group - 1) / group;
}

DepthwiseS8Plan::DepthwiseS8Plan(const DepthwiseS8Shape& shape, std::size_t group)
    : rows_index(best_rows_index(shape.window, group)) {
  const Window& window = shape.window;
  const WindowAxis& width = window.width();
  groups = window.depth().points * row_groups(window.height(), rows(), group);
  const std::size_t slot_bytes = std::min(kBlockChannels, shape.channels) * kSlotChannelBytes;
  const std::size_t per_position = groups * std::min(width.stride, width.points) * slot_bytes;
  constexpr std::size_t kFewest = 8, kMost = 32;
  columns = std::clamp(kStripBytes / per_position / kFewest * kFewest, kFewest,
                       std::min(kMost, kMostSums / rows()));
  columns = std::min(columns, width.out);
  dense = dense_slots(width, columns) <= columns * width.points;
  slots = dense ? dense_slots(width, columns) : columns * width.points;
}

DepthwiseS8Weights::DepthwiseS8Weights(const std::int8_t* weight, const DepthwiseS8Shape& shape,
                                       const DepthwiseS8Plan& plan,
                                       const DepthwiseS8Kernels& kernels)
    : per_channel_(shape.window.width().points * plan.groups * plan.rows() * kernels.group),
      weights_(padded_channels(shape.channels) * per_channel_),
      start_(padded_channels(shape.channels) * sizeof(std::int32_t)) {
  const Packer packer(weight, shape, plan, kernels.group);
  packer.pack(reinterpret_cast<std::int8_t*>(weights_.data()));
  auto* start = reinterpret_cast<std::int32_t*>(start_.data());
  for (std::size_t c = 0; c < padded_channels(shape.channels); ++c)
    start[c] = -kernels.flip * packer.sum(c);
}

}  // namespace fourfold
