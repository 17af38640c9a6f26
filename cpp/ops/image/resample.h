// Resizing proper: what the axes of resize_axis.h mean for a whole tensor.
//
// Axes are resized one after the other. The work is shared out by planes: what lies behind one
// index of the axes before the first that is resized.
#pragma once

#include <array>

#include "matmul/execution.h"
#include "ops/image/resize_axis.h"
#include "ops/tensor.h"

namespace fourfold {

using ResizeAxes = std::array<ResizeAxis, kMaxRank>;

struct Resampling {
  const ResizeRule& rule;
  const ResizeAxes& axes;
  double extrapolation;  // what has no source
};

// kNearest: any type.
std::size_t nearest_scratch_bytes(const Resampling& resampling, const Shape& x);
void resample_nearest(const Resampling& resampling, const Tensor& x, const Tensor& y,
                      std::byte* scratch, const Execution& execution);

// kLinear and kCubic: T is float or double.
std::size_t resample_scratch_bytes(const Resampling& resampling, const TensorType& x,
                                   const Execution& execution);
template <class T>
void resample(const Resampling& resampling, const Tensor& x, const Tensor& y, std::byte* scratch,
              const Execution& execution);

}  // namespace fourfold
