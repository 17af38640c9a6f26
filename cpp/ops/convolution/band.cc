#include "ops/convolution/band.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/round_up.h"

namespace fourfold {
namespace {

// Kernels read whole panels of 16 positions: up to 15 behind the last one.
constexpr std::size_t kSlack = 15;
constexpr std::size_t kLine = 16;  // floats of a cache line

std::size_t phases(const WindowAxis& axis) {
  return std::clamp<std::size_t>(axis.extent(), 1, axis.stride);
}

// Elements of one phase under `positions` output positions.
std::size_t reach(const WindowAxis& axis, std::size_t positions) {
  return positions + (axis.extent() > 0 ? (axis.extent() - 1) / axis.stride : 0);
}

// Which positions of a row of one phase lie on x, and where there the first of them is.
struct PhaseRow {
  std::size_t begin;
  std::size_t end;
  std::size_t first;
};

PhaseRow phase_row(const WindowAxis& axis, std::size_t phase, std::size_t width) {
  const std::int64_t pad = axis.pad - static_cast<std::int64_t>(phase);
  const WindowAxis of_phase = {axis.in, width, 1, axis.stride, 1, pad};
  const Range inside = of_phase.inside(0);
  const bool any = inside.begin < inside.end;
  const std::int64_t first = any ? of_phase.position(inside.begin, 0) : 0;
  return {inside.begin, inside.end, static_cast<std::size_t>(first)};
}

void copy_strided(const float* from, float* to, std::size_t count, std::size_t stride,
                  const DeinterleaveKernels& kernels) {
  if (stride == 1) {
    std::memcpy(to, from, count * sizeof(float));
  } else if (stride == 2) {
    kernels.evens(from, to, count);
  } else {
    for (std::size_t i = 0; i < count; ++i)
      to[i] = from[i * stride];
  }
}

}  // namespace

// An odd number of cache lines from channel to channel: with a power of two, a position's channels
// would all lie on the same few sets of the cache.
BandLayout::BandLayout(const Window& window, std::size_t output_rows)
    : rows(output_rows),
      phases_y(phases(window.height())),
      phases_x(phases(window.width())),
      height(reach(window.height(), output_rows)),
      width(reach(window.width(), window.width().out)) {
  const std::size_t used = window.depth().points * phases_y * phases_x * height * width;
  channel = (ceil_div(used, kLine) | 1) * kLine;
}

std::size_t BandLayout::elements(std::size_t channels) const {
  return channels * channel + kSlack;
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

void BandLayout::write_row_offsets(const Window& window, std::size_t x_rows,
                                   std::size_t* offsets) const {
  for (std::size_t y = 0; y < x_rows; ++y) {
    for (std::size_t x = 0; x < window.width().points; ++x)
      *offsets++ = offset(window, 0, y, x * window.width().dilation);
  }
}

namespace {

// Copies the rows of x that a band takes of one plane: a channel at one position in depth.
class PlaneCopy {
 public:
  PlaneCopy(const BandLayout& layout, const Window& window, const BandRows& rows, float border,
            const DeinterleaveKernels& kernels)
      : layout_(layout), window_(window), rows_(rows), border_(border), kernels_(kernels) {
    for (std::size_t phase = 0; phase < kKnownPhases; ++phase)
      known_[phase] = phase_row(window.width(), phase, layout.width);
  }

  // plane: null for one on the border. Row after row of x, whatever its phase: memory is read in
  // order.
  void copy(const float* plane, float* to) const {
    const WindowAxis& height = window_.height();
    const std::int64_t first = height.position(rows_.first, 0);
    const std::size_t phase = layout_.height * layout_.width;
    for (std::size_t r = 0; r < reach(height, rows_.count); ++r, to += layout_.width) {
      for (std::size_t phase_y = 0; phase_y < layout_.phases_y; ++phase_y) {
        const std::int64_t at = first + static_cast<std::int64_t>(r * height.stride + phase_y);
        const bool inside = plane != nullptr && height.holds(at);
        const float* x =
            inside ? plane + static_cast<std::size_t>(at) * window_.width().in : nullptr;
        for (std::size_t phase_x = 0; phase_x < layout_.phases_x; ++phase_x)
          copy_row(phase_x, x, to + (phase_y * layout_.phases_x + phase_x) * phase);
      }
    }
  }

 private:
  static constexpr std::size_t kKnownPhases = 2;  // of strides of 1 and 2, which rarely are more

  // x: null for a row on the border.
  void copy_row(std::size_t phase, const float* x, float* to) const {
    const PhaseRow row =
        phase < kKnownPhases ? known_[phase] : phase_row(window_.width(), phase, layout_.width);
    if (x == nullptr || row.begin >= row.end) {
      std::fill_n(to, layout_.width, border_);
      return;
    }
    std::fill(to, to + row.begin, border_);
    copy_strided(x + row.first, to + row.begin, row.end - row.begin, window_.width().stride,
                 kernels_);
    std::fill(to + row.end, to + layout_.width, border_);
  }

  const BandLayout& layout_;
  const Window& window_;
  const BandRows& rows_;
  const float border_;
  const DeinterleaveKernels& kernels_;
  PhaseRow known_[kKnownPhases];
};

}  // namespace

double band_row_elements(const Window& window, std::size_t channels) {
  double elements = static_cast<double>(channels) * static_cast<double>(window.depth().points);
  for (const auto& [axis, positions] : {std::pair(window.height(), std::size_t{1}),
                                        std::pair(window.width(), window.width().out)}) {
    elements *= static_cast<double>(phases(axis)) * static_cast<double>(reach(axis, positions));
  }
  return elements;
}

void check_band(const Window& window, std::size_t channels) {
  if (band_row_elements(window, channels) <= kMostBandElements) return;
  refuse_value("the window reaches too far: strides and dilations are too large");
}

void copy_band(const BandLayout& layout, const Window& window, const BandSource& source,
               const BandRows& rows, const DeinterleaveKernels& kernels, float* band) {
  const PlaneCopy planes(layout, window, rows, source.border, kernels);
  const std::size_t in_plane = window.height().in * window.width().in;
  const std::size_t plane = layout.phases_y * layout.phases_x * layout.height * layout.width;
  for (std::size_t c = 0; c < source.channels; ++c) {
    const float* channel = source.x + c * window.in_positions();
    for (std::size_t z = 0; z < window.depth().points; ++z) {
      const std::int64_t at = window.depth().position(rows.depth, z);
      const bool inside = window.depth().holds(at);
      planes.copy(inside ? channel + static_cast<std::size_t>(at) * in_plane : nullptr,
                  band + c * layout.channel + z * plane);
    }
  }
  std::fill_n(band + source.channels * layout.channel, kSlack, source.border);
}

}  // namespace fourfold
