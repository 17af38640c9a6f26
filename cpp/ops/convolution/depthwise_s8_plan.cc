#include "ops/convolution/depthwise_s8_plan.h"

#include <algorithm>
#include <iterator>

namespace fourfold {
namespace {

// Of the slots of a strip: with weights and sums that is most of an L1 of 32 KiB.
constexpr std::size_t kStripBytes = 16384;
constexpr std::size_t kMostSums = 64;  // positions, of all rows at once

bool has_one_row(const Window& window) {
  return window.depth().points == 1 && window.height().points == 1;
}

DepthwiseS8Steps count_steps(const Window& window, const RowGroups& groups) {
  DepthwiseS8Steps steps = {};
  const std::size_t of_group = window.depth().points * groups.slots_under(window.width());
  for (std::size_t g = 0; g < groups.count; ++g) {
    const RowGroups::Under under = groups.under(window.height(), g);
    if (under == RowGroups::Under::kAll) steps.all += of_group;
    if (under == RowGroups::Under::kFirst) steps.first += of_group;
    if (under == RowGroups::Under::kSecond) steps.second += of_group;
  }
  return steps;
}

// Rough cycles for 16 channels of a column of output: one for each dot product, three to make a slot.
std::size_t cost(const Window& window, const RowGroups& groups) {
  constexpr std::size_t kSlotCost = 3;
  const std::size_t tiles = (window.height().out + groups.rows - 1) / groups.rows;
  const DepthwiseS8Steps steps = count_steps(window, groups);
  const std::size_t last = rows_computed((window.height().out + groups.rows - 1) % groups.rows + 1);
  const std::size_t unused = groups.rows - std::min(groups.rows, last);
  const std::size_t dots = tiles * (steps.all * groups.rows + steps.first + steps.second) -
                           unused * steps.all - (unused == 1 ? steps.second : 0);
  const std::size_t columns = std::min(window.width().stride, groups.slots_under(window.width()));
  return dots + tiles * kSlotCost * groups.fresh() * window.depth().points * columns;
}

std::size_t best_rows_index(const Window& window, std::size_t group) {
  constexpr std::size_t kMostStride = 8;  // beyond, rows have nothing to share
  const WindowAxis& height = window.height();
  if (height.dilation != 1 || height.stride > kMostStride || has_one_row(window)) return 0;
  const auto cost_of = [&](std::size_t i) {
    return cost(window, RowGroups(window, kRowsAtOnce[i], group));
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < std::size(kRowsAtOnce); ++i) {
    if (cost_of(i) <= cost_of(best)) best = i;
  }
  return best;
}

}  // namespace

RowGroups::RowGroups(const Window& window, std::size_t rows_at_once, std::size_t group_rows)
    : rows(rows_at_once), group(group_rows), is_image(false), skipped(0) {
  const WindowAxis& height = window.height();
  of_points = rows == 1 && has_one_row(window);
  count = of_points ? 1 : ((rows - 1) * height.stride + height.points + group - 1) / group;
  const std::size_t down = rows * height.stride;
  advance = height.dilation == 1 && !of_points && down % group == 0 ? down / group : 0;
  if (of_points || height.dilation != 1 || height.out > rows || height.in > group) return;
  if (height.pad < 0 || height.pad > static_cast<std::int64_t>(kMostSkipped)) return;
  is_image = true;
  skipped = static_cast<std::size_t>(height.pad);
  count = 1;
  advance = 0;
}

std::size_t DepthwiseS8Plan::dense_slots(const WindowAxis& width, std::size_t count) const {
  const std::size_t last = (groups.slots_under(width) - 1) * groups.points_apart();
  return (count - 1) * width.stride + last * width.dilation + 1;
}

RowGroups::Under RowGroups::under(const WindowAxis& height, std::size_t g) const {
  if (rows != 2 || is_image) return Under::kAll;
  const std::size_t first = g * group, end = first + group;
  if (end <= height.stride) return Under::kFirst;
  return first >= height.points ? Under::kSecond : Under::kAll;
}

DepthwiseS8Plan::DepthwiseS8Plan(const DepthwiseS8Shape& shape, std::size_t group)
    : rows_index(best_rows_index(shape.window, group)),
      groups(shape.window, kRowsAtOnce[rows_index], group),
      steps(count_steps(shape.window, groups)) {
  const WindowAxis& width = shape.window.width();
  const std::size_t slot_bytes = std::min(kBlockChannels, shape.channels) * kSlotChannelBytes;
  const std::size_t all_groups = shape.window.depth().points * groups.count;
  const std::size_t per_position =
      all_groups * std::min(width.stride, groups.slots_under(width)) * slot_bytes;
  constexpr std::size_t kFewest = 8, kMost = 32;
  columns = std::clamp(kStripBytes / per_position / kFewest * kFewest, kFewest,
                       std::min(kMost, kMostSums / groups.rows));
  columns = std::clamp<std::size_t>(width.out, 1, columns);
  const std::size_t under = groups.slots_under(width);
  const std::size_t of_all = dense_slots(width, columns);
  dense = of_all <= columns * under;
  slots = dense ? of_all : columns * under;
}

}  // namespace fourfold
