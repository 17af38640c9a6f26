// add: y = a + b.
//
// Inputs      a, b float32 of the same shape.
// Attributes  none.
#include <memory>

#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class AddOp final : public Op {
 public:
  explicit AddOp(bool adds_constant) : adds_constant_(adds_constant) {}

  // A constant has all its rows, and would have to be cut along.
  bool row_wise() const override { return !adds_constant_; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("a", inputs[0].type, {DType::kF32, inputs[0].type.shape});
    expect_type("b", inputs[1].type, inputs[0].type);
    outputs[0].dtype = DType::kF32;
    outputs[0].shape = {};
    for (std::size_t axis = 0; axis < inputs[0].type.shape.rank(); ++axis) {
      const std::int64_t size = inputs[0].type.shape[axis];
      outputs[0].shape.append(size == kAnySize ? inputs[1].type.shape[axis] : size);
    }
  }

  std::size_t overwritable_inputs() const override { return 2; }

  void run(const StepData& step, const Execution& execution) const override {
    const float* a = step.inputs[0].f32();
    const float* b = step.inputs[1].f32();
    float* y = step.outputs[0].f32_out();
    share_out(element_count(step.outputs[0].type.shape), 1, execution, [&](Range part) {
      for (std::size_t i = part.begin; i < part.end; ++i)
        y[i] = a[i] + b[i];
    });
  }

 private:
  const bool adds_constant_;
};

}  // namespace

std::unique_ptr<Op> make_add(const OpRequest& request) {
  expect_inputs(request, {"a", "b"});
  request.attributes.allow_only({});
  return std::make_unique<AddOp>(request.inputs[0].constant != nullptr ||
                                 request.inputs[1].constant != nullptr);
}

}  // namespace fourfold
