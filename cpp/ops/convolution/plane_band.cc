#include "ops/convolution/plane_band.h"

#include <algorithm>
#include <cstdint>

#include "base/round_up.h"

namespace fourfold {
namespace {

constexpr std::size_t kLine = 16;  // floats of a cache line

}  // namespace

PlaneBand::PlaneBand(const Window& window, std::size_t rows, const DeinterleaveKernels& kernels)
    : window_(window),
      columns_(window.width(), kernels),
      rows_((rows - 1) * window.height().stride + window.height().extent()),
      widest_(0),
      front_(0) {
  std::size_t behind = 0;
  for (std::size_t phase = 0; phase < columns_.count(); ++phase) {
    const PhaseRun run = columns_.run(phase);
    widest_ = std::max(widest_, run.size());
    front_ = std::max(front_, run.begin);
    behind = std::max(behind, columns_.length() - run.begin);
  }
  const std::size_t border = std::max(front_, behind - std::min(behind, widest_));
  phase_ = round_up(widest_ + border, kLine);
  row_ = columns_.count() * phase_;
  front_ = round_up(front_, kLine);
}

// Kernels read whole lines: up to 15 elements behind the last.
std::size_t PlaneBand::elements() const {
  return front_ + rows_ * row_ + kLine;
}

std::size_t PlaneBand::offset(std::size_t y, std::size_t x_point) const {
  const std::size_t x = x_point * window_.width().dilation, stride = window_.width().stride;
  const std::size_t phase = x % stride;
  return front_ + y * row_ + phase * phase_ + x / stride - columns_.run(phase).begin;
}

void PlaneBand::fill(float border, float* band) const {
  std::fill_n(band, elements(), border);
}

void PlaneCopy::start(std::size_t first, std::size_t count, float border, const float* plane,
                      float* band) {
  const WindowAxis &height = layout_.window_.height(), &width = layout_.window_.width();
  const std::int64_t at = height.position(first, 0);
  const std::size_t reach = (count - 1) * height.stride + height.extent();
  const auto in = static_cast<std::int64_t>(height.in);
  const auto begin = std::clamp<std::int64_t>(at, 0, in);
  const auto end = std::clamp<std::int64_t>(at + static_cast<std::int64_t>(reach), begin, in);
  plane_ = plane;
  band_ = band;
  rows_.x = plane + static_cast<std::size_t>(begin) * width.in;
  rows_.x_stride = width.in;
  rows_.rows = static_cast<std::size_t>(end - begin);
  rows_.y_strides[0] = rows_.y_strides[1] = static_cast<std::ptrdiff_t>(layout_.row_);
  rows_.columns = round_up(layout_.widest_, kLine);
  rows_.border = border;
  to_ = band + layout_.front_ + static_cast<std::size_t>(begin - at) * layout_.row_;
  first_call_ = layout_.columns_.call(0, rows_, to_, layout_.phase_, false);
}

void PlaneCopy::copy(const float* plane, float* band) const {
  const ColumnPhases& columns = layout_.columns_;
  columns.run(moved(first_call_, plane, band));
  for (std::size_t i = 1; i < columns.calls(); ++i)
    columns.run(moved(columns.call(i, rows_, to_, layout_.phase_, false), plane, band));
}

DeinterleaveBlock PlaneCopy::moved(DeinterleaveBlock block, const float* plane, float* band) const {
  block.x += plane - plane_;
  for (DeinterleavedRow& part : block.parts) {
    if (part.y != nullptr) part.y += band - band_;
  }
  return block;
}

}  // namespace fourfold
