// depthwise_s8: conv_s8 where each channel is a group, with one filter.
//
// Inputs      as conv_s8, but weight int8 [points of the window, channels]; column_scales and bias
//             float32 [channels].
// Attributes  as conv_s8; group and filters are channels.
#include <memory>

#include "base/made_once.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/conv_s8_layer.h"
#include "ops/convolution/depthwise_s8_strips.h"
#include "ops/registry.h"
#include "ops/row_views.h"

namespace fourfold {
namespace {

class DepthwiseS8Op final : public Op {
 public:
  explicit DepthwiseS8Op(ConvS8Layer layer) : layer_(std::move(layer)) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = layer_.output_type(inputs);
  }

  // x in int8, if it has to be made, then what the strips need.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const Tensor& x = inputs[ConvS8Inputs::kX];
    const DepthwiseS8Shape shape = shape_of(x);
    return quantized_bytes(x) + depthwise_s8_scratch(shape, plan_of(shape, execution), execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[ConvS8Inputs::kX];
    const DepthwiseS8Shape shape = shape_of(x);
    const DepthwiseS8Plan plan = plan_of(shape, execution);
    const std::size_t ahead = quantized_bytes(x);
    const auto* q = reinterpret_cast<const std::int8_t*>(ahead > 0 ? step.scratch : x.data);
    if (ahead > 0) layer_.quantize(x, reinterpret_cast<std::int8_t*>(step.scratch), execution);
    const EpilogueSettings settings = {quantize_kernels(execution.isa),
                                       activation_kernels(execution.isa),
                                       layer_.activation,
                                       layer_.alpha,
                                       layer_.column_scales,
                                       layer_.bias,
                                       layer_.post};
    depthwise_s8(
        shape, plan, weights(shape, plan, execution),
        {q, layer_.input_scale, layer_.border(), residual_of(step), output_of(step), settings},
        step.scratch + ahead, execution);
  }

 private:
  DepthwiseS8Shape shape_of(const Tensor& x) const {
    return {layer_.window_over(x.shape()), x.size(0), layer_.groups};
  }

  static DepthwiseS8Plan plan_of(const DepthwiseS8Shape& shape, const Execution& execution) {
    return DepthwiseS8Plan(shape, depthwise_s8_kernels(execution.isa).group);
  }

  static std::size_t quantized_bytes(const Tensor& x) {
    return x.type.dtype == DType::kS8 ? 0 : round_up(element_count(x.shape()), kAlignment);
  }

  Residual residual_of(const StepData& step) const {
    Residual residual;
    if (!layer_.adds) return residual;
    const Tensor& tensor = step.inputs[ConvS8Inputs::kResidual];
    if (layer_.residual_scale == 0.0f) {
      residual.f32 = row_view<const float>(tensor);
    } else {
      residual.s8 = row_view<const std::int8_t>(tensor);
      residual.scale = layer_.residual_scale;
    }
    return residual;
  }

  Output output_of(const StepData& step) const {
    const Tensor& y = step.outputs[0];
    if (layer_.form() == OutputForm::kF32) return Output::f32(row_view<float>(y));
    return Output::fixed_s8(row_view<std::int8_t>(y), layer_.output_scale, layer_.output_range);
  }

  const DepthwiseS8Weights& weights(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                                    const Execution& execution) const {
    const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(execution.isa);
    const std::size_t form = (kernels.group == kMaxGroup) + 2 * (kernels.flip != 0);
    return packed_[form][plan.weights_form()].get([&] {
      return std::make_unique<DepthwiseS8Weights>(layer_.weight.data, shape, plan, kernels,
                                                  layer_.border());
    });
  }

  const ConvS8Layer layer_;
  // By the kernel's form, and by the plan's.
  const MadeOnce<DepthwiseS8Weights> packed_[4][DepthwiseS8Plan::kWeightForms];
};

}  // namespace

std::unique_ptr<Op> make_depthwise_s8(const OpRequest& request) {
  return std::make_unique<DepthwiseS8Op>(depthwise_s8_layer(request));
}

}  // namespace fourfold
