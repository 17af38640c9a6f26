#include "ops/convolution/band_copy.h"

#include <algorithm>
#include <cstdint>

namespace fourfold {

BandCopy::BandCopy(const BandLayout& layout, const Window& window, const BandRows& rows,
                   const DeinterleaveKernels& kernels)
    : layout_(layout),
      window_(window),
      rows_(rows),
      columns_(window.width(), kernels),
      phase_(layout.height * layout.width),
      row_phase_(layout.phases_x * phase_) {}

void BandCopy::copy(const float* x, std::size_t channels, float* band) const {
  const std::size_t in_plane = window_.height().in * window_.width().in;
  const std::size_t plane = layout_.phases_y * row_phase_;
  for (std::size_t c = 0; c < channels; ++c) {
    const float* channel = x + c * window_.in_positions();
    float* to = band + c * layout_.channel;
    for (std::size_t z = 0; z < window_.depth().points; ++z, to += plane) {
      const std::int64_t at = window_.depth().position(rows_.depth, z);
      if (window_.depth().holds(at)) {
        copy_plane(channel + static_cast<std::size_t>(at) * in_plane, to);
      } else {
        std::fill_n(to, plane, 0.0f);
      }
    }
  }
  std::fill_n(band + channels * layout_.channel, kBandSlack, 0.0f);
}

PhaseRun BandCopy::rows_of(std::size_t phase) const {
  const WindowAxis& height = window_.height();
  return phase_run(height, rows_.first * height.stride + phase, phase_reach(height, rows_.count));
}

void BandCopy::copy_plane(const float* plane, float* to) const {
  for (std::size_t y = 0; y < layout_.phases_y; ++y)
    fill_border(rows_of(y), to + y * row_phase_);
  if (layout_.phases_y == 2 && window_.height().stride == 2) return copy_in_turns(plane, to);
  const std::size_t in_row = window_.width().in;
  for (std::size_t y = 0; y < layout_.phases_y; ++y, to += row_phase_) {
    const PhaseRun rows = rows_of(y);
    DeinterleaveBlock block = {};
    block.x = plane + rows.first * in_row;
    block.x_stride = window_.height().stride * in_row;
    block.rows = rows.size();
    block.y_strides[0] = block.y_strides[1] = static_cast<std::ptrdiff_t>(layout_.width);
    block.columns = layout_.width;
    columns_.copy(block, to + rows.begin * layout_.width, phase_, true);
  }
}

void BandCopy::fill_border(const PhaseRun& rows, float* to) const {
  const std::size_t height = phase_reach(window_.height(), rows_.count);
  for (std::size_t x = 0; x < layout_.phases_x; ++x, to += phase_) {
    std::fill_n(to, rows.begin * layout_.width, 0.0f);
    std::fill(to + rows.end * layout_.width, to + height * layout_.width, 0.0f);
  }
}

// Rows of either phase in turns, so that memory is read in order: by phases, a plane of a 56 x 56
// image that isn't in L2 took half as long again.
void BandCopy::copy_in_turns(const float* plane, float* to) const {
  const PhaseRun evens = rows_of(0), odds = rows_of(1);
  const bool odds_first = evens.size() == 0 || (odds.size() > 0 && odds.first < evens.first);
  const PhaseRun& first = odds_first ? odds : evens;
  const auto to_odd = static_cast<std::ptrdiff_t>(row_phase_);
  const std::ptrdiff_t to_even = static_cast<std::ptrdiff_t>(layout_.width) - to_odd;
  DeinterleaveBlock block = {};
  block.x = plane + first.first * window_.width().in;
  block.x_stride = window_.width().in;
  block.rows = evens.size() + odds.size();
  block.y_strides[0] = odds_first ? to_even : to_odd;
  block.y_strides[1] = odds_first ? to_odd : to_even;
  block.columns = layout_.width;
  columns_.copy(block, to + (odds_first ? row_phase_ : 0) + first.begin * layout_.width, phase_,
                true);
}

}  // namespace fourfold
