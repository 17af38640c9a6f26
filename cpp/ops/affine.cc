// affine: y[r][k] = (x[r][k] - shift[k]) * scale[k] + offset[k], rounded after each operation.
//
// Three roundings and no fma: baseline code then runs it at full speed, with the same bits on every
// machine, and it is what NumPy and scikit-learn's scalers do.
//
// Inputs      x float32 [..., K]; shift, scale, offset float32 [K].
// Attributes  none.
#include <memory>

#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class AffineOp final : public Op {
 public:
  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_rows("x", inputs[0].type);
    const TensorType per_column = {DType::kF32, {inputs[0].type.shape.last()}};
    expect_type("shift", inputs[1].type, per_column);
    expect_type("scale", inputs[2].type, per_column);
    expect_type("offset", inputs[3].type, per_column);
    outputs[0] = inputs[0].type;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  void run(const StepData& step, const Execution& execution) const override {
    const Shape& shape = step.inputs[0].type.shape;
    const std::size_t columns = static_cast<std::size_t>(shape.last());
    const float* shift = step.inputs[1].f32();
    const float* scale = step.inputs[2].f32();
    const float* offset = step.inputs[3].f32();
    share_out(element_count(shape) / columns, columns, execution, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const float* x = step.inputs[0].f32() + row * columns;
        float* y = step.outputs[0].f32_out() + row * columns;
        for (std::size_t k = 0; k < columns; ++k)
          y[k] = (x[k] - shift[k]) * scale[k] + offset[k];
      }
    });
  }
};

}  // namespace

std::unique_ptr<Op> make_affine(const OpRequest& request) {
  expect_inputs(request, {"x", "shift", "scale", "offset"});
  request.attributes.allow_only({});
  return std::make_unique<AffineOp>();
}

}  // namespace fourfold
