#include "ops/convolution/conv_s8_layer.h"

#include "base/check.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/convolution/conv_types.h"
#include "ops/packed_shapes.h"
#include "ops/row_views.h"
#include "ops/scale_attribute.h"
#include "ops/share_out.h"

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
  if (is_given(request, ConvS8Inputs::kPostShift) && !is_given(request, ConvS8Inputs::kPostScale))
    refuse_value("post_shift: expected none without post_scale");
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

// All but the weight.
void read_floats(const OpRequest& request, const TensorType& per_column, ConvS8Layer& layer) {
  const auto floats = [&](const char* name, std::size_t input, const TensorType& type) {
    return static_cast<const float*>(expect_constant(name, request.inputs[input], type));
  };
  layer.column_scales = floats("column_scales", ConvS8Inputs::kColumnScales, per_column);
  layer.bias = floats("bias", ConvS8Inputs::kBias, per_column);
  layer.post = {nullptr, nullptr};
  if (!is_given(request, ConvS8Inputs::kPostScale)) return;
  const TensorType per_filter = {DType::kF32, {signed_size(layer.all_filters())}};
  layer.post.scale = floats("post_scale", ConvS8Inputs::kPostScale, per_filter);
  if (is_given(request, ConvS8Inputs::kPostShift)) {
    layer.post.shift = floats("post_shift", ConvS8Inputs::kPostShift, per_filter);
  } else {
    layer.no_shift = std::make_shared<std::vector<float>>(layer.all_filters());
    layer.post.shift = layer.no_shift->data();
  }
}

// All but the constants.
ConvS8Layer read_settings(const OpRequest& request, std::size_t groups) {
  const Attributes& attributes = request.attributes;
  ConvS8Layer layer = {};
  layer.window = window_attributes(attributes);
  layer.axes = checked_axes(layer.window);
  layer.groups = groups;
  layer.channels = size_in_group(attributes, "channels", layer.groups);
  layer.filters = size_in_group(attributes, "filters", layer.groups);
  layer.depth = checked_depth(layer.window, layer.channels);
  layer.activation = elementwise_named(attributes.text_or("activation", "identity"));
  layer.alpha = attributes.number_or("alpha", 0.0f);
  layer.adds = is_given(request, ConvS8Inputs::kResidual);
  layer.input_scale = scale_attribute(attributes, "input_scale");
  layer.residual_scale = scale_or_0(attributes, "residual_scale");
  layer.output_scale = scale_or_0(attributes, "output_scale");
  layer.input_range = s8_range(attributes, "input_zero", "input_scale");
  layer.output_range = s8_range(attributes, "output_zero", "output_scale");
  if (!layer.adds && layer.residual_scale != 0.0f)
    refuse_value("attribute 'residual_scale': expected none without a residual");
  return layer;
}

void check_request(const OpRequest& request) {
  check_inputs(request);
  request.attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "auto_pad",
                                 "group", "channels", "filters", "activation", "alpha",
                                 "input_scale", "input_zero", "residual_scale", "output_scale",
                                 "output_zero"});
}

}  // namespace

LinearS8 ConvS8Layer::group(std::size_t index, const std::int8_t* packed,
                            const std::int32_t* column_sums) const {
  const StoredS8Sizes& sizes = weight.sizes;
  const std::size_t first = index * filters, stored = index * weight.stored_columns();
  ColumnAffine own_post = post;
  if (post.scale != nullptr) own_post = {post.scale + first, post.shift + first};
  return {{packed == nullptr ? nullptr : packed + index * sizes.packed_bytes(), depth, filters},
          column_scales + stored,
          bias + stored,
          column_sums == nullptr ? nullptr : column_sums + index * sizes.packed_columns(),
          activation,
          alpha,
          own_post};
}

TensorType ConvS8Layer::output_type(const Tensor* inputs) const {
  const TensorType& x = inputs[ConvS8Inputs::kX].type;
  const bool fits = (x.dtype == DType::kF32 || x.dtype == DType::kS8) &&
                    x.shape.rank() == axes + 2 && x.shape.last() == signed_size(all_channels());
  if (!fits) {
    refuse_value("x: expected float32 or int8 of ", axes + 2, " dimensions, the last of ",
                 all_channels(), " channels, received ", type_text(x));
  }
  const Window over_x = window_over(x.shape);
  Shape y = {x.shape[0]};
  for (std::size_t axis = kWindowAxes - axes; axis < kWindowAxes; ++axis)
    y.append(signed_size(over_x.axes[axis].out));
  y.append(signed_size(all_filters()));
  if (adds) {
    const DType dtype = residual_scale == 0.0f ? DType::kF32 : DType::kS8;
    expect_type("residual", inputs[ConvS8Inputs::kResidual].type, {dtype, y});
  }
  return {output_scale == 0.0f ? DType::kF32 : DType::kS8, y};
}

void ConvS8Layer::quantize(const Tensor& x, std::int8_t* q, const Execution& execution) const {
  const MatrixView<const float> pixels = row_view<const float>(x);
  const QuantizeKernels& kernels = quantize_kernels(execution.isa);
  share_out(pixels.rows, pixels.columns, execution, [&](Range rows) {
    kernels.fixed({pixels.row(rows.begin), pixels.stride, q + rows.begin * pixels.columns,
                   pixels.columns, nullptr, 1.0f / input_scale, rows.size(), pixels.columns,
                   pixels.columns, /*flip=*/0, nullptr, input_range.zero, input_range.low});
  });
}

Window ConvS8Layer::window_over(const Shape& x) const {
  Shape spatial;
  for (std::size_t axis = 1; axis <= axes; ++axis)
    spatial.append(x[axis]);
  return fit_window(window, spatial, window_sizes(window, axes));
}

ConvS8Layer conv_s8_layer(const OpRequest& request) {
  check_request(request);
  ConvS8Layer layer = read_settings(request, groups_of(request.attributes));
  layer.weight = expect_stored_s8("weight", request.inputs[ConvS8Inputs::kWeight],
                                  {{signed_size(layer.groups)}, layer.depth, 1, layer.filters});
  read_floats(request, layer.weight.per_column(), layer);
  return layer;
}

ConvS8Layer depthwise_s8_layer(const OpRequest& request) {
  check_request(request);
  const Attributes& attributes = request.attributes;
  const std::size_t channels = attributes.size("channels", kMaxColumns);
  for (const char* name : {"group", "filters"}) {
    if (attributes.size(name, kMaxColumns) == channels) continue;
    refuse_value("attribute '", name, "': expected ", channels, ", the channels, received ",
                 attributes.size(name, kMaxColumns));
  }
  ConvS8Layer layer = read_settings(request, channels);
  const TensorType weight = {DType::kS8, plain_s8_shape(layer.depth, channels)};
  const void* data = expect_constant("weight", request.inputs[ConvS8Inputs::kWeight], weight);
  const StoredS8Sizes sizes = {{}, layer.depth, 1, channels};
  layer.weight = {static_cast<const std::int8_t*>(data), /*is_plain=*/true, sizes};
  read_floats(request, layer.weight.per_column(), layer);
  return layer;
}

}  // namespace fourfold
