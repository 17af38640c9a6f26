// clip: y = low where x < low, high where x > high, else x. NaN stays NaN.
//
// Inputs      x float32, any shape.
// Attributes  low, high, with low <= high; infinities are allowed.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class ClipOp final : public Op {
 public:
  ClipOp(float low, float high) : low_(low), high_(high) {}

  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("x", inputs[0].type, {DType::kF32, inputs[0].type.shape});
    outputs[0] = inputs[0].type;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  void run(const StepData& step, const Execution& execution) const override {
    const float* x = step.inputs[0].f32();
    float* y = step.outputs[0].f32_out();
    const float low = low_, high = high_;
    share_out(element_count(step.inputs[0].type.shape), 1, execution, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i) {
        const float raised = x[i] < low ? low : x[i];
        y[i] = raised > high ? high : raised;
      }
    });
  }

 private:
  const float low_;
  const float high_;
};

}  // namespace

std::unique_ptr<Op> make_clip(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"low", "high"});
  const float low = request.attributes.number("low");
  const float high = request.attributes.number("high");
  if (!(low <= high)) refuse_value("expected low <= high, received low ", low, ", high ", high);
  return std::make_unique<ClipOp>(low, high);
}

}  // namespace fourfold
