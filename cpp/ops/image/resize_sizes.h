// What the inputs and attributes of resize say about each axis of x.
#pragma once

#include <optional>

#include "ops/attributes.h"
#include "ops/image/resample.h"

namespace fourfold {

enum class ResizePolicy { kStretch, kNotLarger, kNotSmaller };

ResizePolicy resize_policy_named(const std::string& name);  // std::invalid_argument for any other

// The inputs of resize: x, roi, scales, sizes.
struct ResizeInputs {
  const Tensor& x;
  const Tensor& roi;
  const Tensor& scales;
  const Tensor& sizes;
};

struct ResizeSettings {
  ResizeRule rule;
  double extrapolation;
  std::optional<Attributes::Integers> axes;
  ResizePolicy policy;
};

// The sizes and scales; of scales or sizes, whichever is given, the data is there.
ResizeAxes resize_axes(const ResizeSettings& settings, const ResizeInputs& inputs);

// For kTfCropAndResize: that roi fits, and its values into axes.
void expect_roi(const ResizeSettings& settings, const ResizeInputs& inputs);
void set_roi(const ResizeSettings& settings, const ResizeInputs& inputs, ResizeAxes& axes);

}  // namespace fourfold
