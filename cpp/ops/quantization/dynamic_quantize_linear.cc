// dynamic_quantize_linear: x to uint8 by the range of its own values.
//
//   low = min(0, min x), high = max(0, max x)
//   scale = (high - low) / 255, or 1 where that is 0
//   zero = saturate(round_to_even(-low / scale))
//   y = saturate(round_to_even(x / scale) + zero)
//
// NaN has no part in the range, and counts as 0.
//
// Inputs      x float32, any shape.
// Outputs     y uint8 of the shape of x; scale float32 []; zero uint8 [].
// As in ONNX.
#include <memory>

#include "kernels/zero_point/zero_point.h"
#include "ops/checks.h"
#include "ops/quantization/byte_values.h"
#include "ops/quantization/rounding.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr float kHigh = 255.0f;

class DynamicQuantizeLinearOp final : public Op {
 public:
  std::size_t outputs() const override { return 3; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("x", inputs[0].type, {DType::kF32, inputs[0].shape()});
    outputs[0] = {DType::kU8, inputs[0].shape()};
    outputs[1] = {DType::kF32, {}};
    outputs[2] = {DType::kU8, {}};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const float* x = step.inputs[0].f32();
    const std::size_t count = element_count(step.inputs[0].shape());
    const ZeroPointKernels& kernels = zero_point_kernels(execution.isa);
    const Extent extent = kernels.extent(x, count);
    const float range = extent.high - extent.low;
    const float scale = range == 0.0f ? 1.0f : range / kHigh;
    const float zero = round_to_integer(-extent.low / scale, 0.0f, 0.0f, kHigh);
    *step.outputs[1].f32_out() = scale;
    *step.outputs[2].values_out<std::uint8_t>() = static_cast<std::uint8_t>(zero);
    const float shifted = zero - static_cast<float>(byte_shift(DType::kU8));
    auto* y = step.outputs[0].values_out<std::int8_t>();
    share_out(count, 1, execution, [&](Range part) {
      kernels.quantize_by_one(
          {x + part.begin, y + part.begin, part.size(), &scale, &shifted, byte_flip(DType::kU8)});
    });
  }
};

}  // namespace

std::unique_ptr<Op> make_dynamic_quantize_linear(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({});
  return std::make_unique<DynamicQuantizeLinearOp>();
}

}  // namespace fourfold
