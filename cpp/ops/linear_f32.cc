// linear_f32: y = activation(x @ weight + bias), weight in float32 (matmul/linear_f32.h).
//
// Inputs      x float32 [..., depth]; constants: weight float32 [N/16, depth, 16],
//             bias float32 [N], where N is columns padded to 16.
// Attributes  depth, columns; activation ("identity"; an elementwise one), alpha (0).
#include "matmul/linear_f32.h"

#include <memory>

#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/registry.h"
#include "ops/row_views.h"

namespace fourfold {
namespace {

class LinearF32Op final : public Op {
 public:
  explicit LinearF32Op(const LinearF32& layer) : layer_(layer) {}

  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_rows_of("x", inputs[0].type, DType::kF32, layer_.weight.depth);
    outputs[0] = {DType::kF32, rows_of(inputs[0].type.shape, layer_.weight.columns)};
  }

  void run(const StepData& step, const Execution& execution) const override {
    linear_f32(layer_, row_view<const float>(step.inputs[0]), row_view<float>(step.outputs[0]),
               execution);
  }

 private:
  const LinearF32 layer_;
};

}  // namespace

std::unique_ptr<Op> make_linear_f32(const OpRequest& request) {
  expect_inputs(request, {"x", "weight", "bias"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"depth", "columns", "activation", "alpha"});
  LinearF32 layer = {};
  layer.weight.depth = attributes.size("depth", kMaxColumns);
  layer.weight.columns = attributes.size("columns", kMaxColumns);
  const TensorType packed = {DType::kF32,
                             packed_f32_shape(layer.weight.depth, layer.weight.columns)};
  const TensorType per_column = {DType::kF32, per_column_shape(layer.weight.columns)};
  layer.weight.data =
      static_cast<const float*>(expect_constant("weight", request.inputs[1], packed));
  layer.bias = static_cast<const float*>(expect_constant("bias", request.inputs[2], per_column));
  layer.activation = elementwise_named(attributes.text_or("activation", "identity"));
  layer.alpha = attributes.number_or("alpha", 0.0f);
  return std::make_unique<LinearF32Op>(layer);
}

}  // namespace fourfold
