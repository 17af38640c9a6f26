// Copies x into bands.
#pragma once

#include "kernels/deinterleave/deinterleave.h"
#include "ops/convolution/band.h"

namespace fourfold {

struct BandRows {
  std::size_t depth;  // position of the output
  std::size_t first;  // row of the output
  std::size_t count;
};

// How the rows of x under some rows of the output become a band: the same for every channel and
// image.
class BandCopy {
 public:
  // `border` lies around x.
  BandCopy(const BandLayout& layout, const Window& window, const BandRows& rows, float border,
           const DeinterleaveKernels& kernels);

  // x: the first of these channels.
  void copy(const float* x, std::size_t channels, float* band) const;

 private:
  // A run of `count` positions of one phase: those from begin to end lie on x, from its `first` on.
  struct Run {
    std::size_t begin;
    std::size_t end;
    std::size_t count;
    std::size_t first;
  };

  static Run run_of(const WindowAxis& axis, std::size_t offset, std::size_t count);
  Run make_rows(std::size_t phase) const;
  Run make_columns(std::size_t phase) const;
  void copy_plane(const float* plane, float* to) const;
  void copy_phase(const float* plane, const Run& rows, const Run& columns, float* to) const;
  void copy_strided(const BorderedRows& block) const;

  static constexpr std::size_t kKnownPhases = 2;  // of strides of 1 and 2, which rarely are more

  const BandLayout& layout_;
  const Window& window_;
  const BandRows rows_;
  const float border_;
  const DeinterleaveKernels& kernels_;
  Run known_rows_[kKnownPhases];
  Run known_columns_[kKnownPhases];
};

}  // namespace fourfold
