// A band of one plane, for kernels that go from row to row of the output: rows of x under the windows
// of some rows of the output, between borders. Unlike a band of band.h its rows begin with a cache
// line each, and its borders stay from plane to plane.
//
// Position q of output row r meets, under point (y, x) of the window, whose depth is one point,
//
//   band[offset(y, x) + r * row_step() + q]
#pragma once

#include <cstddef>

#include "ops/convolution/column_phases.h"

namespace fourfold {

class PlaneBand {
 public:
  // Of so many rows of output at most.
  PlaneBand(const Window& window, std::size_t rows, const DeinterleaveKernels& kernels);

  std::size_t elements() const;
  std::size_t row_step() const { return window_.height().stride * row_; }
  std::size_t x_rows() const { return rows_; }
  std::size_t x_row_step() const { return row_; }
  // y: rows of x below the first of a window.
  std::size_t offset(std::size_t y, std::size_t x_point) const;

  // Makes all of it border: before the first copy, and before other rows of output than the last.
  void fill(float border, float* band) const;

 private:
  friend class PlaneCopy;

  const Window& window_;
  const ColumnPhases columns_;
  const std::size_t rows_;  // of x
  std::size_t widest_;      // elements of the longest phase on x
  std::size_t phase_;       // elements, with a border for its end and the next one's front
  std::size_t row_;         // elements of all phases
  std::size_t front_;       // elements of border in front of the first row
};

// Copies what lies under some rows of the output, of one plane after the other: how is found once.
class PlaneCopy {
 public:
  explicit PlaneCopy(const PlaneBand& layout) : layout_(layout) {}

  // The rows of output, and one of the planes and one of the bands.
  void start(std::size_t first, std::size_t count, float border, const float* plane, float* band);
  void copy(const float* plane, float* band) const;

 private:
  DeinterleaveBlock moved(DeinterleaveBlock block, const float* plane, float* band) const;

  const PlaneBand& layout_;
  const float* plane_ = nullptr;
  float* band_ = nullptr;
  DeinterleaveBlock rows_ = {};
  float* to_ = nullptr;
  DeinterleaveBlock first_call_ = {};
};

}  // namespace fourfold
