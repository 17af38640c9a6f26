// The loops of a reduction: which elements of x make one element of y.
//
// Neighbouring axes that are all reduced, or all kept, are one loop; axes of size 1 are none. The
// innermost loop, contiguous in x, is apart: elements that are added up, or columns kept side by
// side, each of which has a sum of its own.
//
//   [N, C, H, W] over H, W       N*C sums, each of H*W neighbours
//   [N, C, H, W] over N, H, W    C sums, each of N runs of H*W neighbours
//   [rows, columns] over rows    1 run of `columns` sums, each of `rows` elements
#pragma once

#include <array>
#include <cstddef>

#include "ops/tensor.h"

namespace fourfold {

using AxisSet = std::array<bool, kMaxRank>;

class ReductionLoops {
 public:
  ReductionLoops(const Shape& x, const AxisSet& reduced);

  std::size_t run() const { return run_; }  // the size of the innermost loop
  bool sums_run() const { return sums_run_; }

  // Over the loops but the innermost: how many elements of y (or runs of them), how many runs of x
  // for each, and where one begins.
  std::size_t kept() const { return kept_.count; }
  std::size_t reduced() const { return reduced_.count; }
  std::size_t offset(std::size_t kept, std::size_t reduced) const {
    return kept_.offset(kept) + reduced_.offset(reduced);
  }

  // Elements of x for one of y.
  std::size_t elements() const { return reduced_.count * (sums_run_ ? run_ : 1); }

 private:
  struct Nest {
    std::size_t count = 1;
    std::size_t depth = 0;
    std::size_t sizes[kMaxRank] = {};  // the innermost first
    std::size_t strides[kMaxRank] = {};

    void add(std::size_t size, std::size_t stride);
    std::size_t offset(std::size_t index) const;
  };

  std::size_t run_ = 1;
  bool sums_run_ = true;
  Nest kept_;
  Nest reduced_;
};

// The shape without an axis, or with size 1 there.
Shape without_axis(const Shape& x, std::size_t axis, bool keep);

}  // namespace fourfold
