#include "ops/convolution/band.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "ops/convolution/column_phases.h"

namespace fourfold {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line

}  // namespace

// An odd number of cache lines from channel to channel: with a power of two, a position's channels
// would all lie on the same few sets of the cache.
BandLayout::BandLayout(const Window& window, std::size_t output_rows)
    : rows(output_rows),
      phases_y(phases_of(window.height())),
      phases_x(phases_of(window.width())),
      height(phase_reach(window.height(), output_rows)),
      width(phase_reach(window.width(), window.width().out)) {
  const std::size_t used = window.depth().points * phases_y * phases_x * height * width;
  channel = ((used + kLine - 1) / kLine | 1) * kLine;
}

std::size_t BandLayout::elements(std::size_t channels) const {
  return channels * channel + kBandSlack;
}

std::size_t BandLayout::offset(const Window& window, std::size_t z, std::size_t y,
                               std::size_t x) const {
  const std::size_t stride_y = window.height().stride, stride_x = window.width().stride;
  const std::size_t phase = (z * phases_y + y % stride_y) * phases_x + x % stride_x;
  return (phase * height + y / stride_y) * width + x / stride_x;
}

void BandLayout::write_offsets(const Window& window, std::size_t channels,
                               std::size_t* offsets) const {
  for (std::size_t z = 0; z < window.depth().points; ++z) {
    for (std::size_t y = 0; y < window.height().points; ++y) {
      for (std::size_t x = 0; x < window.width().points; ++x) {
        const std::size_t point =
            offset(window, z, y * window.height().dilation, x * window.width().dilation);
        for (std::size_t c = 0; c < channels; ++c)
          *offsets++ = c * channel + point;
      }
    }
  }
}

double band_row_elements(const Window& window, std::size_t channels) {
  double elements = static_cast<double>(channels) * static_cast<double>(window.depth().points);
  for (const auto& [axis, positions] : {std::pair(window.height(), std::size_t{1}),
                                        std::pair(window.width(), window.width().out)}) {
    elements *=
        static_cast<double>(phases_of(axis)) * static_cast<double>(phase_reach(axis, positions));
  }
  return elements;
}

void check_band(const Window& window, std::size_t channels) {
  if (band_row_elements(window, channels) <= kMostBandElements) return;
  refuse_value("the window reaches too far: strides and dilations are too large");
}

}  // namespace fourfold
