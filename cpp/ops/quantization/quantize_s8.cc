// quantize_s8: y = round_to_even(clamp(x * (1 / scale), -127, 127)); NaN gives 0. With a zero it is
// round_to_even(clamp(fma(x, 1 / scale, zero), -128, 127)).
//
// Inputs      x float32, any shape.
// Attributes  scale > 0; zero, in [-128, 127].
#include <memory>

#include "kernels/quantize/quantize.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/scale_attribute.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class QuantizeS8Op final : public Op {
 public:
  QuantizeS8Op(float scale, S8Range range) : scale_(scale), range_(range) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].shape();
    expect_type("x", inputs[0].type, {DType::kF32, shape});
    outputs[0] = {DType::kS8, shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const float* x = step.inputs[0].f32();
    auto* y = step.outputs[0].values_out<std::int8_t>();
    const QuantizeKernels& kernels = quantize_kernels(execution.isa);
    share_out(element_count(step.inputs[0].shape()), 1, execution, [&](Range part) {
      const std::size_t count = part.size();
      kernels.fixed({x + part.begin, count, y + part.begin, count, nullptr, 1.0f / scale_,
                     /*rows=*/1, count, count, /*flip=*/0, nullptr, range_.zero, range_.low});
    });
  }

 private:
  const float scale_;
  const S8Range range_;
};

}  // namespace

std::unique_ptr<Op> make_quantize_s8(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"scale", "zero"});
  return std::make_unique<QuantizeS8Op>(scale_attribute(request.attributes, "scale"),
                                        s8_range(request.attributes, "zero", "scale"));
}

}  // namespace fourfold
