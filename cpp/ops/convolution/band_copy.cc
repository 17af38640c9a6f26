#include "ops/convolution/band_copy.h"

#include <algorithm>

namespace fourfold {

BandCopy::BandCopy(const BandLayout& layout, const Window& window, const BandRows& rows,
                   float border, const DeinterleaveKernels& kernels)
    : layout_(layout), window_(window), rows_(rows), border_(border), kernels_(kernels) {
  for (std::size_t phase = 0; phase < kKnownPhases; ++phase) {
    known_rows_[phase] = make_rows(phase);
    known_columns_[phase] = make_columns(phase);
  }
}

void BandCopy::copy(const float* x, std::size_t channels, float* band) const {
  const std::size_t in_plane = window_.height().in * window_.width().in;
  const std::size_t plane = layout_.phases_y * layout_.phases_x * layout_.height * layout_.width;
  for (std::size_t c = 0; c < channels; ++c) {
    const float* channel = x + c * window_.in_positions();
    float* to = band + c * layout_.channel;
    for (std::size_t z = 0; z < window_.depth().points; ++z, to += plane) {
      const std::int64_t at = window_.depth().position(rows_.depth, z);
      if (window_.depth().holds(at)) {
        copy_plane(channel + static_cast<std::size_t>(at) * in_plane, to);
      } else {
        std::fill_n(to, plane, border_);
      }
    }
  }
  std::fill_n(band + channels * layout_.channel, kBandSlack, border_);
}

BandCopy::Run BandCopy::run_of(const WindowAxis& axis, std::size_t offset, std::size_t count) {
  const std::int64_t pad = axis.pad - static_cast<std::int64_t>(offset);
  const WindowAxis of_phase = {axis.in, count, 1, axis.stride, 1, pad};
  const Range inside = of_phase.inside(0);
  if (inside.begin >= inside.end) return {count, count, count, 0};
  const auto first = static_cast<std::size_t>(of_phase.position(inside.begin, 0));
  return {inside.begin, inside.end, count, first};
}

BandCopy::Run BandCopy::make_rows(std::size_t phase) const {
  const WindowAxis& height = window_.height();
  return run_of(height, rows_.first * height.stride + phase, phase_reach(height, rows_.count));
}

BandCopy::Run BandCopy::make_columns(std::size_t phase) const {
  return run_of(window_.width(), phase, layout_.width);
}

void BandCopy::copy_plane(const float* plane, float* to) const {
  const std::size_t phase = layout_.height * layout_.width;
  for (std::size_t y = 0; y < layout_.phases_y; ++y) {
    const Run rows = y < kKnownPhases ? known_rows_[y] : make_rows(y);
    for (std::size_t x = 0; x < layout_.phases_x; ++x, to += phase) {
      copy_phase(plane, rows, x < kKnownPhases ? known_columns_[x] : make_columns(x), to);
    }
  }
}

void BandCopy::copy_phase(const float* plane, const Run& rows, const Run& columns,
                          float* to) const {
  const std::size_t width = layout_.width, in_row = window_.width().in;
  std::fill_n(to, rows.begin * width, border_);
  const BorderedRows block = {plane + rows.first * in_row + columns.first,
                              window_.height().stride * in_row,
                              to + rows.begin * width,
                              width,
                              rows.end - rows.begin,
                              columns.begin,
                              columns.end,
                              width,
                              border_};
  if (window_.width().stride == 1) {
    kernels_.every(block);
  } else if (window_.width().stride == 2) {
    kernels_.every_other(block);
  } else {
    copy_strided(block);
  }
  std::fill(to + rows.end * width, to + rows.count * width, border_);
}

void BandCopy::copy_strided(const BorderedRows& block) const {
  const std::size_t stride = window_.width().stride;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* x = block.x + r * block.x_stride;
    float* y = block.y + r * block.y_stride;
    std::fill_n(y, block.columns, border_);
    for (std::size_t i = block.begin; i < block.end; ++i)
      y[i] = x[(i - block.begin) * stride];
  }
}

}  // namespace fourfold
