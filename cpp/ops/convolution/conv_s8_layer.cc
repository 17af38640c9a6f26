#include "ops/convolution/conv_s8_layer.h"

#include "base/check.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/convolution/conv_types.h"
#include "ops/packed_shapes.h"
#include "ops/scale_attribute.h"

namespace fourfold {
namespace {

constexpr std::size_t kNeeded = 4;  // inputs
constexpr std::size_t kMost = 7;

bool is_given(const OpRequest& request, std::size_t input) {
  return input < request.inputs.size() && request.inputs[input].present;
}

void check_inputs(const OpRequest& request) {
  const std::size_t count = request.inputs.size();
  if (count < kNeeded || count > kMost) {
    refuse_value(
        "expected 4 to 7 inputs (x, weight, column_scales, bias, residual, post_scale, "
        "post_shift), received ",
        count);
  }
  constexpr const char* kNames[kNeeded] = {"x", "weight", "column_scales", "bias"};
  for (std::size_t i = 0; i < kNeeded; ++i) {
    if (!request.inputs[i].present) refuse_value(kNames[i], ": expected a value, not none");
  }
  if (is_given(request, ConvS8Inputs::kPostScale) != is_given(request, ConvS8Inputs::kPostShift))
    refuse_value("post_scale and post_shift: expected both or neither");
}

// The attribute's share of one group.
std::size_t size_in_group(const Attributes& attributes, const char* name, std::size_t groups) {
  const std::size_t size = attributes.size(name, kMaxColumns);
  if (size % groups == 0) return size / groups;
  refuse_value("attribute '", name, "': expected a multiple of ", groups, ", the groups, received ",
               size);
}

std::size_t checked_axes(const WindowAttributes& window) {
  const std::size_t axes = window.sizes.size();
  if (axes < 1 || axes > kWindowAxes) {
    refuse_value("attribute 'kernel_shape': expected 1 to ", kWindowAxes, " sizes, received ",
                 axes);
  }
  check_window_attributes(window, axes);
  return axes;
}

std::size_t checked_depth(const WindowAttributes& window, std::size_t channels) {
  std::size_t depth = channels;
  for (const std::int64_t size : window.sizes) {
    depth *= static_cast<std::size_t>(size);  // neither factor is above 2^30
    if (depth <= kMaxDepth) continue;
    refuse_value("attribute 'kernel_shape': expected at most ", kMaxDepth,
                 " points times channels of a group, received more");
  }
  return depth;
}

void read_constants(const OpRequest& request, ConvS8Layer& layer) {
  const auto constant = [&](const char* name, std::size_t input, const TensorType& type) {
    return expect_constant(name, request.inputs[input], type);
  };
  const auto floats = [&](const char* name, std::size_t input, const Shape& shape) {
    return static_cast<const float*>(constant(name, input, {DType::kF32, shape}));
  };
  const std::int64_t groups = signed_size(layer.groups);
  const Shape of_group = packed_s8_shape(layer.depth, layer.filters);
  const Shape packed = {groups, of_group[0], of_group[1], of_group[2], of_group[3]};
  const Shape per_column = {groups, signed_size(padded_columns(layer.filters))};
  layer.weight = static_cast<const std::int8_t*>(
      constant("weight", ConvS8Inputs::kWeight, {DType::kS8, packed}));
  layer.column_scales = floats("column_scales", ConvS8Inputs::kColumnScales, per_column);
  layer.bias = floats("bias", ConvS8Inputs::kBias, per_column);
  layer.post = {nullptr, nullptr};
  if (!is_given(request, ConvS8Inputs::kPostScale)) return;
  const Shape per_filter = {signed_size(layer.all_filters())};
  layer.post = {floats("post_scale", ConvS8Inputs::kPostScale, per_filter),
                floats("post_shift", ConvS8Inputs::kPostShift, per_filter)};
}

}  // namespace

LinearS8 ConvS8Layer::group(std::size_t index, const std::int32_t* column_sums) const {
  const std::size_t padded = padded_columns(filters), first = index * filters;
  ColumnAffine own_post = post;
  if (post.scale != nullptr) own_post = {post.scale + first, post.shift + first};
  return {{weight + index * padded * padded_depth(depth), depth, filters},
          column_scales + index * padded,
          bias + index * padded,
          column_sums == nullptr ? nullptr : column_sums + index * padded,
          activation,
          alpha,
          own_post};
}

Window ConvS8Layer::window_over(const Shape& x) const {
  Shape spatial;
  for (std::size_t axis = 1; axis <= axes; ++axis)
    spatial.append(x[axis]);
  return fit_window(window, spatial, window_sizes(window, axes));
}

ConvS8Layer conv_s8_layer(const OpRequest& request) {
  check_inputs(request);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "auto_pad", "group",
                         "channels", "filters", "activation", "alpha", "input_scale",
                         "residual_scale", "output_scale"});
  ConvS8Layer layer = {};
  layer.window = window_attributes(attributes);
  layer.axes = checked_axes(layer.window);
  layer.groups = groups_of(attributes);
  layer.channels = size_in_group(attributes, "channels", layer.groups);
  layer.filters = size_in_group(attributes, "filters", layer.groups);
  layer.depth = checked_depth(layer.window, layer.channels);
  layer.activation = elementwise_named(attributes.text_or("activation", "identity"));
  layer.alpha = attributes.number_or("alpha", 0.0f);
  layer.adds = is_given(request, ConvS8Inputs::kResidual);
  layer.input_scale = scale_attribute(attributes, "input_scale");
  layer.residual_scale = scale_or_0(attributes, "residual_scale");
  layer.output_scale = scale_or_0(attributes, "output_scale");
  if (!layer.adds && layer.residual_scale != 0.0f)
    refuse_value("attribute 'residual_scale': expected none without a residual");
  read_constants(request, layer);
  return layer;
}

}  // namespace fourfold
