// activation: y = f(x), element by element, or along the last axis for softmax and log_softmax.
//
// Inputs      x float32, any shape (softmax: at least one dimension).
// Attributes  kind (a name of kernels/activation), alpha (0).
#include "kernels/activation/activation.h"

#include <memory>

#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class ActivationOp final : public Op {
 public:
  ActivationOp(Activation kind, float alpha) : kind_(kind), alpha_(alpha) {}

  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    if (is_elementwise(kind_)) {
      expect_type("x", inputs[0].type, {DType::kF32, inputs[0].type.shape});
    } else {
      expect_rows("x", inputs[0].type);
    }
    outputs[0] = inputs[0].type;
  }

  std::size_t overwritable_inputs() const override { return is_elementwise(kind_) ? 1 : 0; }

  void run(const StepData& step, const Execution& execution) const override {
    const ActivationFunction function =
        activation_function(activation_kernels(execution.isa), kind_);
    const float* x = step.inputs[0].f32();
    float* y = step.outputs[0].f32_out();
    const Shape& shape = step.inputs[0].type.shape;
    const std::size_t count = element_count(shape);
    if (is_elementwise(kind_)) {
      share_out(count, 1, execution, [&](Range part) {
        const std::size_t size = part.end - part.begin;
        function({x + part.begin, size, y + part.begin, size, 1, size, alpha_});
      });
    } else {
      const std::size_t columns = static_cast<std::size_t>(shape.last());
      share_out(count / columns, columns, execution, [&](Range part) {
        const std::size_t start = part.begin * columns;
        function({x + start, columns, y + start, columns, part.end - part.begin, columns, alpha_});
      });
    }
  }

 private:
  const Activation kind_;
  const float alpha_;
};

}  // namespace

std::unique_ptr<Op> make_activation(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"kind", "alpha"});
  return std::make_unique<ActivationOp>(activation_named(request.attributes.text("kind")),
                                        request.attributes.number_or("alpha", 0.0f));
}

}  // namespace fourfold
