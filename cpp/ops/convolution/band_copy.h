// Copies x into bands.
#pragma once

#include "ops/convolution/band.h"
#include "ops/convolution/column_phases.h"

namespace fourfold {

struct BandRows {
  std::size_t depth;  // position of the output
  std::size_t first;  // row of the output
  std::size_t count;
};

// How the rows of x under some rows of the output become a band: the same for every channel and
// image. Zeros lie around x.
class BandCopy {
 public:
  BandCopy(const BandLayout& layout, const Window& window, const BandRows& rows,
           const DeinterleaveKernels& kernels);

  // x: the first of these channels.
  void copy(const float* x, std::size_t channels, float* band) const;

 private:
  PhaseRun rows_of(std::size_t phase) const;
  void copy_plane(const float* plane, float* to) const;
  void fill_border(const PhaseRun& rows, float* to) const;
  void copy_in_turns(const float* plane, float* to) const;

  const BandLayout& layout_;
  const Window& window_;
  const BandRows rows_;
  const ColumnPhases columns_;
  const std::size_t phase_;      // elements
  const std::size_t row_phase_;  // elements of all phases of x of one phase of y
};

}  // namespace fourfold
