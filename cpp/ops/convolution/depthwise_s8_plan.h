// How depthwise_s8 is cut up: pure functions of the shapes and the kernel.
//
// Output is made strip by strip: some neighbouring positions of every row, a block of channels, some
// rows at once, from top to bottom. The rows of x under them are taken `group` at a time, as slots
// (kernels/depthwise_s8); what the rows below need again stays. Slots, weights and sums are in L1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/aligned_buffer.h"
#include "kernels/depthwise_s8/depthwise_s8.h"
#include "ops/convolution/window.h"

namespace fourfold {

inline constexpr std::size_t kBlockChannels =
    64;  // a cache line of a pixel, and four zmm of a slot
inline constexpr std::size_t kRowsAtOnce[] = {1, 2, 4};

// What a kernel computes for so many rows of a tile.
inline std::size_t rows_computed(std::size_t rows) {
  return rows == 3 ? 4 : rows;
}

struct DepthwiseS8Shape {
  Window window;
  std::size_t images;
  std::size_t channels;

  std::size_t channel_blocks() const { return (channels + kBlockChannels - 1) / kBlockChannels; }
};

// The rows of x under so many rows of output, in one plane. More than one row only undilated.
//
// An image that is not higher than a group, and under all its rows of output at once, is the only
// group: what lies on the border above and below it is left out.
//
// Under a window of one row there is nothing to take together but neighbouring points of that row: then
// a slot has those instead, and a row of x is a group.
struct RowGroups {
  static constexpr std::size_t kMostSkipped = 4;

  std::size_t rows;
  std::size_t group;
  std::size_t count;  // of groups under the rows
  // Groups further that the next rows begin, if that is a whole number; else 0, and none is shared.
  std::size_t advance;
  bool is_image;
  std::size_t skipped;  // rows above the image, then
  bool of_points;       // a slot has neighbouring points, not rows

  RowGroups(const Window& window, std::size_t rows, std::size_t group);

  // Slots under a row of the window.
  std::size_t slots_under(const WindowAxis& width) const {
    return of_points ? (width.points + group - 1) / group : width.points;
  }
  // Points from one of those to the next.
  std::size_t points_apart() const { return of_points ? group : 1; }

  // Which rows of output group g lies under.
  enum class Under { kAll, kFirst, kSecond };
  Under under(const WindowAxis& height, std::size_t g) const;

  std::size_t fresh() const { return advance == 0 || advance > count ? count : advance; }
};

struct DepthwiseS8Plan {
  std::size_t rows_index;  // in kRowsAtOnce
  RowGroups groups;
  DepthwiseS8Steps steps;  // of all planes
  std::size_t columns;     // positions of a strip, at most
  // Slots of a group: columns of x one next to the other, or, where windows leave most of them out,
  // for each point of a window row those that it meets.
  bool dense;
  std::size_t slots;

  DepthwiseS8Plan(const DepthwiseS8Shape& shape, std::size_t group);

  // Weights of two plans differ if this does; below kWeightForms.
  static constexpr std::size_t kWeightForms =
      std::size(kRowsAtOnce) * (2 + RowGroups::kMostSkipped);
  std::size_t weights_form() const {
    const std::size_t of_rows = groups.is_image ? 1 + groups.skipped : 0;
    return of_rows * std::size(kRowsAtOnce) + rows_index;
  }

  // From the first that so many neighbouring columns of output meet to the last.
  std::size_t dense_slots(const WindowAxis& width, std::size_t count) const;

  std::size_t step_count() const { return steps.all + steps.first + steps.second; }
  std::size_t row_tiles(const Window& window) const {
    return (window.height().out + groups.rows - 1) / groups.rows;
  }
  std::size_t strips(const Window& window) const {
    return (window.width().out + columns - 1) / columns;
  }
};

// Calls work(under, plane of the window, group, slot of a window row) for all steps, in order.
template <class Work>
void visit_steps(const Window& window, const RowGroups& groups, const Work& work) {
  using Under = RowGroups::Under;
  for (const Under under : {Under::kAll, Under::kFirst, Under::kSecond}) {
    for (std::size_t plane = 0; plane < window.depth().points; ++plane) {
      for (std::size_t g = 0; g < groups.count; ++g) {
        if (groups.under(window.height(), g) != under) continue;
        for (std::size_t k = 0; k < groups.slots_under(window.width()); ++k)
          work(under, plane, g, k);
      }
    }
  }
}

}  // namespace fourfold
