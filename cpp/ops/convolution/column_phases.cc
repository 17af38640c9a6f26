#include "ops/convolution/column_phases.h"

#include <algorithm>
#include <cstdint>

namespace fourfold {

std::size_t phases_of(const WindowAxis& axis) {
  return std::clamp<std::size_t>(axis.extent(), 1, axis.stride);
}

std::size_t phase_reach(const WindowAxis& axis, std::size_t positions) {
  return positions + (axis.extent() > 0 ? (axis.extent() - 1) / axis.stride : 0);
}

PhaseRun phase_run(const WindowAxis& axis, std::size_t offset, std::size_t count) {
  const std::int64_t pad = axis.pad - static_cast<std::int64_t>(offset);
  const WindowAxis of_phase = {axis.in, count, 1, axis.stride, 1, pad};
  const Range inside = of_phase.inside(0);
  if (inside.begin >= inside.end) return {0, 0, 0};
  const auto first = static_cast<std::size_t>(of_phase.position(inside.begin, 0));
  return {inside.begin, inside.end, first};
}

ColumnPhases::ColumnPhases(const WindowAxis& width, const DeinterleaveKernels& kernels)
    : width_(width),
      kernels_(kernels),
      count_(phases_of(width)),
      length_(phase_reach(width, width.out)) {
  for (std::size_t phase = 0; phase < kKnown; ++phase)
    known_[phase] = make(phase);
}

DeinterleaveBlock ColumnPhases::call(std::size_t index, DeinterleaveBlock block, float* to,
                                     std::size_t apart, bool with_front) const {
  const auto part = [&](std::size_t phase, const PhaseRun& run) -> DeinterleavedRow {
    float* y = to + phase * apart;
    if (with_front) return {y, run.begin, run.end};
    return {y, 0, run.size()};
  };
  if (count_ == 2 && width_.stride == 2) {
    const PhaseRun &evens = known_[0], &odds = known_[1];
    const bool odds_first = evens.size() == 0 || (odds.size() > 0 && odds.first < evens.first);
    block.x += odds_first ? odds.first : evens.first;
    block.parts[odds_first ? 1 : 0] = part(0, evens);
    block.parts[odds_first ? 0 : 1] = part(1, odds);
    return block;
  }
  const PhaseRun columns = run(index);
  block.x += columns.first;
  block.parts[0] = part(index, columns);
  return block;
}

void ColumnPhases::run(const DeinterleaveBlock& block) const {
  if (width_.stride == 1) return kernels_.every(block);
  if (width_.stride > 2) return copy_strided(block);
  (count_ == 2 ? kernels_.evens_and_odds : kernels_.evens)(block);
}

void ColumnPhases::copy_strided(const DeinterleaveBlock& block) const {
  const DeinterleavedRow& part = block.parts[0];
  const float* x = block.x;
  float* y = part.y;
  for (std::size_t r = 0; r < block.rows; ++r, x += block.x_stride) {
    std::fill_n(y, block.columns, block.border);
    for (std::size_t i = part.begin; i < part.end; ++i)
      y[i] = x[(i - part.begin) * width_.stride];
    y += block.y_strides[r % 2];
  }
}

}  // namespace fourfold
