// conv: convolution of x with w, or correlation as mathematics calls it, and what follows it.
//
//   sum[n][f][o] = b[f] + sum over points k, channels c of
//                             x[n][c][o * stride - pad + k * dilation] w[f][c][k]
//   y = activation(sum + residual) * post_scale[f] + post_shift[f]
//
// with zeros around x. Float32 sums in the order of conv_f32.h, the same bits in either layout; then
// the residual's addition rounds once, and the last step, a fused multiply-add, once.
//
// Inputs      x float32 or float64 [N, C, spatial...], one to three spatial axes, or, where layout is
//             "nhwc", [N, spatial..., C]; w [F, C / group, window...] of x's type; b [F] or absent.
//             May be absent or left out: residual, of y's type, shape and layout; post_scale and
//             post_shift [F], both or neither.
// Attributes  kernel_shape, strides, pads, dilations, auto_pad as in ONNX; group (1);
//             layout ("nchw"): of x and y; activation ("identity"; an elementwise one), alpha (0).
//             Float64 has neither another layout nor anything after the sum.
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/made_once.h"
#include "base/round_up.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/conv_weights.h"
#include "ops/convolution/plain_conv.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// The inputs by number. Those behind the bias may be left out.
constexpr std::size_t kBias = 2, kResidual = 3, kPostScale = 4, kPostShift = 5;

struct ConvSettings {
  WindowAttributes window;
  std::size_t groups;
  ConvLayout layout;
  Activation activation;
  float alpha;
  bool constant;  // w and b
  bool adds;      // a residual
  bool scales;    // by post_scale, and adds post_shift

  bool ends_with_sum() const { return activation == Activation::identity && !adds && !scales; }
};

class ConvOp final : public Op {
 public:
  explicit ConvOp(ConvSettings settings) : settings_(std::move(settings)) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (x.dtype == DType::kF64) {
      const bool plain =
          settings_.layout == ConvLayout::kChannelsFirst && settings_.ends_with_sum();
      if (!plain) {
        refuse_value("x: expected float32 for another layout, or for what follows the sum, ",
                     "received float64");
      }
    } else if (x.dtype != DType::kF32) {
      refuse_value("x: expected float32 or float64, received ", type_text(x));
    }
    expect_dtype("w", inputs[1], x.dtype);
    if (inputs[kBias].present) expect_dtype("b", inputs[kBias], x.dtype);
    const ConvShape shape = shape_of(inputs);
    outputs[0] = {x.dtype, output_shape(shape, settings_.layout, x.shape.rank())};
    if (settings_.adds) expect_type("residual", inputs[kResidual].type, outputs[0]);
    if (!settings_.scales) return;
    const TensorType by_filter = {x.dtype, {inputs[1].type.shape[0]}};
    expect_type("post_scale", inputs[kPostScale].type, by_filter);
    expect_type("post_shift", inputs[kPostShift].type, by_filter);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    if (inputs[0].type.dtype == DType::kF64) return 0;
    const ConvShape shape = shape_of(inputs);
    return (settings_.constant ? 0 : weight_bytes(inputs, shape)) +
           conv_f32_scratch(shape, settings_.layout, execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const ConvShape shape = shape_of(step.inputs);
    if (step.inputs[0].type.dtype == DType::kF64) return run_f64(shape, step, execution);
    std::byte* scratch = step.scratch;
    const float* weight = nullptr;
    if (settings_.constant) {
      weight = constant_weight(step.inputs, shape);
    } else {
      weight = ordered(step.inputs, shape, reinterpret_cast<float*>(scratch));
      scratch += weight_bytes(step.inputs, shape);
    }
    conv_f32(shape, settings_.layout,
             {step.inputs[0].f32(), bias<float>(step.inputs), step.outputs[0].f32_out(),
              finish(step.inputs)},
             weight, scratch, execution);
  }

 private:
  ConvShape shape_of(const Tensor* inputs) const {
    return conv_shape(settings_.window, settings_.groups, settings_.layout, inputs);
  }

  template <class T>
  static const T* bias(const Tensor* inputs) {
    return inputs[kBias].present ? inputs[kBias].values<T>() : nullptr;
  }

  ConvFinish finish(const Tensor* inputs) const {
    return {settings_.activation, settings_.alpha,
            settings_.adds ? inputs[kResidual].f32() : nullptr,
            settings_.scales ? inputs[kPostScale].f32() : nullptr,
            settings_.scales ? inputs[kPostShift].f32() : nullptr};
  }

  static void run_f64(const ConvShape& shape, const StepData& step, const Execution& execution) {
    plain_conv<double, double, double>(
        shape,
        {step.inputs[0].values<double>(), step.inputs[1].values<double>(),
         bias<double>(step.inputs), step.outputs[0].values_out<double>(), 0.0, nullptr, false},
        execution);
  }

  std::size_t weight_bytes(const Tensor* inputs, const ConvShape& shape) const {
    const ConvWay way = choose_conv_way(shape, settings_.layout);
    if (is_ordered(shape, way)) return 0;
    const std::size_t elements = ordered_weight_elements(shape, way, inputs[kBias].present);
    return round_up(elements * sizeof(float), kAlignment);
  }

  // The weight as conv_f32 reads it, written to `to` if it isn't in that order as it is.
  const float* ordered(const Tensor* inputs, const ConvShape& shape, float* to) const {
    const ConvWay way = choose_conv_way(shape, settings_.layout);
    if (is_ordered(shape, way)) return inputs[1].f32();
    order_weight(shape, way, inputs[1].f32(), bias<float>(inputs), to);
    return to;
  }

  // Ordered by the first run: the weights may be a mapped file, which loading must not read.
  const float* constant_weight(const Tensor* inputs, const ConvShape& shape) const {
    const ConvWay way = choose_conv_way(shape, settings_.layout);
    if (is_ordered(shape, way)) return inputs[1].f32();
    const AlignedBuffer& made = ordered_[static_cast<std::size_t>(way)].get([&] {
      auto buffer = std::make_unique<AlignedBuffer>(weight_bytes(inputs, shape));
      ordered(inputs, shape, reinterpret_cast<float*>(buffer->data()));
      return buffer;
    });
    return reinterpret_cast<const float*>(made.data());
  }

  const ConvSettings settings_;
  const MadeOnce<AlignedBuffer> ordered_[kConvWays];  // the weight, for every way that was taken
};

void check_inputs(const std::vector<OpInput>& inputs) {
  if (inputs.size() <= kBias || inputs.size() > kPostShift + 1) {
    refuse_value("expected 3 to 6 inputs (x, w, b, residual, post_scale, post_shift), received ",
                 inputs.size());
  }
  if (!inputs[0].present) refuse_value("x: expected a value, not none");
  if (!inputs[1].present) refuse_value("w: expected a value, not none");
}

}  // namespace

std::unique_ptr<Op> make_conv(const OpRequest& request) {
  check_inputs(request.inputs);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "auto_pad", "group",
                         "layout", "activation", "alpha"});
  const std::vector<OpInput>& inputs = request.inputs;
  ConvSettings settings = {};
  settings.window = window_attributes(attributes);
  settings.groups = groups_of(attributes);
  settings.layout = layout_named(attributes.text_or("layout", "nchw"));
  settings.activation = elementwise_named(attributes.text_or("activation", "identity"));
  settings.alpha = attributes.number_or("alpha", 0.0f);
  settings.constant = inputs[1].constant != nullptr &&
                      (!inputs[kBias].present || inputs[kBias].constant != nullptr);
  const auto has = [&](std::size_t input) {
    return input < inputs.size() && inputs[input].present;
  };
  settings.adds = has(kResidual);
  settings.scales = has(kPostScale);
  if (has(kPostScale) != has(kPostShift)) {
    refuse_value("post_scale, post_shift: expected both or neither, received only ",
                 settings.scales ? "post_scale" : "post_shift");
  }
  return std::make_unique<ConvOp>(std::move(settings));
}

}  // namespace fourfold
