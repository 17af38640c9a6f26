// dequantize_s8: y = (float(x) - zero) * scale.
//
// Inputs      x int8, any shape.
// Attributes  scale > 0; zero (0), in [-128, 127].
#include <memory>

#include "kernels/elementwise_s8/elementwise_s8.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/scale_attribute.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class DequantizeS8Op final : public Op {
 public:
  DequantizeS8Op(float scale, float zero) : scale_(scale), zero_(zero) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].shape();
    expect_type("x", inputs[0].type, {DType::kS8, shape});
    outputs[0] = {DType::kF32, shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const auto* x = step.inputs[0].values<std::int8_t>();
    float* y = step.outputs[0].f32_out();
    const ElementwiseS8Kernels& kernels = elementwise_s8_kernels(execution.isa);
    share_out(element_count(step.inputs[0].shape()), 1, execution, [&](Range part) {
      kernels.dequantize({x + part.begin, scale_, y + part.begin, part.size(), zero_});
    });
  }

 private:
  const float scale_;
  const float zero_;
};

}  // namespace

std::unique_ptr<Op> make_dequantize_s8(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"scale", "zero"});
  return std::make_unique<DequantizeS8Op>(scale_attribute(request.attributes, "scale"),
                                          zero_or_0(request.attributes, "zero", "scale"));
}

}  // namespace fourfold
