#include "ops/image/resize_sizes.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "ops/checks.h"

namespace fourfold {
namespace {

constexpr double kMaxSize = 0x1p44;  // as many elements as a tensor can have

bool is_given(const Tensor& tensor) {
  return tensor.present && element_count(tensor.shape()) > 0;
}

void expect_reals(const char* name, const TensorType& type, std::size_t count) {
  const bool real = type.dtype == DType::kF32 || type.dtype == DType::kF64;
  if (real && type.shape == Shape{static_cast<std::int64_t>(count)}) return;
  refuse_value(name, ": expected ", count, " float32, received ", type_text(type));
}

double real_at(const Tensor& tensor, std::size_t i) {
  if (tensor.type.dtype == DType::kF32) return static_cast<double>(tensor.f32()[i]);
  return tensor.values<double>()[i];
}

// The axes of x that the inputs speak of, in their order.
std::vector<std::size_t> listed_axes(const ResizeSettings& settings, std::size_t rank) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; !settings.axes && axis < rank; ++axis)
    axes.push_back(axis);
  for (const std::int64_t given : settings.axes.value_or(Attributes::Integers{})) {
    const std::size_t axis = checked_axis("axes", given, rank);
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      refuse_value("axes: expected each axis once, received ", given, " again");
    }
    axes.push_back(axis);
  }
  return axes;
}

void set_scaled(ResizeAxis& axis, double scale, double size) {
  if (!(scale > 0 && size < kMaxSize)) {
    refuse_value("scales: expected more than 0 and less than ", kMaxSize, " elements, received ",
                 scale, " for an axis of size ", axis.from);
  }
  axis.scale = scale;
  axis.to = static_cast<std::int64_t>(size);
}

void use_scales(const Tensor& scales, const std::vector<std::size_t>& listed, ResizeAxes& axes) {
  expect_reals("scales", scales.type, listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    ResizeAxis& axis = axes[listed[i]];
    const double scale = real_at(scales, i);
    // In float32, as other engines compute it: 5 * 0.6f is 3, not a little more.
    const float size = static_cast<float>(scale) * static_cast<float>(axis.from);
    set_scaled(axis, scale, std::floor(static_cast<double>(size)));
  }
}

void use_sizes(const Tensor& tensor, ResizePolicy policy, const std::vector<std::size_t>& listed,
               ResizeAxes& axes) {
  const std::vector<std::int64_t> sizes = expect_integers("sizes", tensor);
  if (sizes.size() != listed.size()) {
    refuse_value("sizes: expected ", listed.size(), " values, received ", sizes.size());
  }
  double least = kMaxSize, most = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    ResizeAxis& axis = axes[listed[i]];
    if (sizes[i] < 0) refuse_value("sizes: expected 0 or more, received ", sizes[i]);
    axis.to = sizes[i];
    if (axis.from > 0) axis.scale = static_cast<double>(sizes[i]) / static_cast<double>(axis.from);
    least = std::min(least, axis.scale);
    most = std::max(most, axis.scale);
  }
  if (policy == ResizePolicy::kStretch) return;
  const double scale = policy == ResizePolicy::kNotLarger ? least : most;
  for (const std::size_t axis : listed)
    set_scaled(axes[axis], scale, std::floor(scale * static_cast<double>(axes[axis].from) + 0.5));
}

}  // namespace

ResizePolicy resize_policy_named(const std::string& name) {
  if (name == "stretch") return ResizePolicy::kStretch;
  if (name == "not_larger") return ResizePolicy::kNotLarger;
  if (name == "not_smaller") return ResizePolicy::kNotSmaller;
  refuse_value("policy: expected one of stretch, not_larger, not_smaller; received '", name, "'");
}

ResizeAxes resize_axes(const ResizeSettings& settings, const ResizeInputs& inputs) {
  const Shape& x = inputs.x.shape();
  ResizeAxes axes;
  for (std::size_t axis = 0; axis < x.rank(); ++axis)
    axes[axis].from = axes[axis].to = x[axis];
  if (is_given(inputs.scales) == is_given(inputs.sizes)) {
    refuse_value("expected either scales or sizes, received ",
                 is_given(inputs.scales) ? "both" : "neither");
  }
  const std::vector<std::size_t> listed = listed_axes(settings, x.rank());
  if (is_given(inputs.scales)) {
    use_scales(inputs.scales, listed, axes);
  } else {
    use_sizes(inputs.sizes, settings.policy, listed, axes);
  }
  const bool crops = settings.rule.coordinate == Coordinate::kTfCropAndResize;
  for (const std::size_t axis : listed)
    axes[axis].resized = crops || axes[axis].scale != 1 || axes[axis].to != axes[axis].from;
  return axes;
}

void expect_roi(const ResizeSettings& settings, const ResizeInputs& inputs) {
  if (settings.rule.coordinate != Coordinate::kTfCropAndResize) return;
  if (!is_given(inputs.roi)) refuse_value("roi: expected a value, not none");
  expect_reals("roi", inputs.roi.type, 2 * listed_axes(settings, inputs.x.rank()).size());
}

void set_roi(const ResizeSettings& settings, const ResizeInputs& inputs, ResizeAxes& axes) {
  if (settings.rule.coordinate != Coordinate::kTfCropAndResize) return;
  const std::vector<std::size_t> listed = listed_axes(settings, inputs.x.rank());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    axes[listed[i]].roi_begin = real_at(inputs.roi, i);
    axes[listed[i]].roi_end = real_at(inputs.roi, i + listed.size());
  }
}

}  // namespace fourfold
