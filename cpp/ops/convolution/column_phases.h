// The columns of x as the windows of a row of output meet them, dealt out by the stride: each point
// of the window meets, from one output position to the next, neighbours of one phase.
#pragma once

#include <cstddef>

#include "kernels/deinterleave/deinterleave.h"
#include "ops/convolution/window.h"

namespace fourfold {

// How many phases of an axis points meet.
std::size_t phases_of(const WindowAxis& axis);

// Elements of one phase under so many output positions.
std::size_t phase_reach(const WindowAxis& axis, std::size_t positions);

// Elements of one phase: those from begin to end lie on x, from its `first` on, the others around it.
struct PhaseRun {
  std::size_t begin;
  std::size_t end;
  std::size_t first;

  std::size_t size() const { return end - begin; }
};

// Of `count` elements. Element i lies on x at i * stride - pad + offset.
PhaseRun phase_run(const WindowAxis& axis, std::size_t offset, std::size_t count);

class ColumnPhases {
 public:
  ColumnPhases(const WindowAxis& width, const DeinterleaveKernels& kernels);

  std::size_t count() const { return count_; }
  std::size_t length() const { return length_; }  // elements of a phase
  PhaseRun run(std::size_t phase) const { return phase < kKnown ? known_[phase] : make(phase); }

  // Copies rows from the first of `block`, which says how many there are and how they lie, to `to`,
  // each phase `apart` elements behind the one before. With or without the border in front of x.
  void copy(const DeinterleaveBlock& block, float* to, std::size_t apart, bool with_front) const {
    for (std::size_t i = 0; i < calls(); ++i)
      run(call(i, block, to, apart, with_front));
  }

  // The same in steps: what is to be copied by each call, to be made once and run many times.
  std::size_t calls() const { return width_.stride <= 2 ? 1 : count_; }
  DeinterleaveBlock call(std::size_t index, DeinterleaveBlock block, float* to, std::size_t apart,
                         bool with_front) const;
  void run(const DeinterleaveBlock& block) const;

 private:
  PhaseRun make(std::size_t phase) const { return phase_run(width_, phase, length_); }
  void copy_strided(const DeinterleaveBlock& block) const;

  static constexpr std::size_t kKnown = 2;  // of strides of 1 and 2, which rarely are more

  const WindowAxis& width_;
  const DeinterleaveKernels& kernels_;
  const std::size_t count_;
  const std::size_t length_;
  PhaseRun known_[kKnown];
};

}  // namespace fourfold
