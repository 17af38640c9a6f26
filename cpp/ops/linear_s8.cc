// linear_s8: y = activation(x @ weight + bias + residual), weight in int8 (matmul/linear_s8.h).
//
// Inputs      x float32 or int8 [..., depth]; constants: weight int8 [N/16, K/4, 16, 4],
//             column_scales and bias float32 [N], where N is columns padded to 16 and K is depth
//             padded to 64; and, if there is one, residual float32 [..., columns].
// Attributes  depth, columns; activation ("identity"; an elementwise one), alpha (0).
//             input_scale > 0: x is quantized with it, or was, if it is int8; without it each row of
//             x has its own scale. output_scale > 0: y is int8, quantized with it; else float32.
#include "matmul/linear_s8.h"

#include <memory>
#include <vector>

#include "base/check.h"
#include "base/made_once.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/registry.h"
#include "ops/row_views.h"
#include "ops/scale_attribute.h"

namespace fourfold {
namespace {

struct Scales {
  float input;   // 0: each row has its own
  float output;  // 0: the output is float32
};

class LinearS8Op final : public Op {
 public:
  LinearS8Op(const LinearS8& layer, Scales scales, bool adds, bool adds_constant)
      : layer_(layer), scales_(scales), adds_(adds), adds_constant_(adds_constant) {}

  // A constant residual has all its rows, and would have to be cut along.
  bool row_wise() const override { return !adds_constant_; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const DType x = inputs[0].type.dtype == DType::kS8 ? DType::kS8 : DType::kF32;
    expect_rows_of("x", inputs[0].type, x, layer_.weight.depth);
    if (x == DType::kS8 && scales_.input == 0.0f) {
      refuse_value("x: int8 needs the attribute 'input_scale', the scale it was quantized with");
    }
    const Shape shape = rows_of(inputs[0].type.shape, layer_.weight.columns);
    if (adds_) expect_type("residual", inputs[kResidual].type, {DType::kF32, shape});
    outputs[0] = {scales_.output == 0.0f ? DType::kF32 : DType::kS8, shape};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const OutputForm form = scales_.output == 0.0f ? OutputForm::kF32 : OutputForm::kFixedS8;
    return linear_s8_scratch_bytes(layer_, form, row_count(inputs[0]), execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    LinearS8 layer = layer_;
    if (linear_s8_reads_column_sums(row_count(x), execution)) layer.column_sums = column_sums();
    const auto multiply = [&](const Operand& operand) {
      linear_s8(layer, operand, residual_of(step), output_of(step), step.scratch, execution);
    };
    if (x.type.dtype == DType::kS8) {
      multiply(QuantizedRows(row_view<const std::int8_t>(x), scales_.input));
    } else if (scales_.input == 0.0f) {
      multiply(DynamicRows(row_view<const float>(x)));
    } else {
      multiply(FixedRows(row_view<const float>(x), scales_.input));
    }
  }

 private:
  static constexpr std::size_t kResidual = 4;  // its number among the inputs

  Residual residual_of(const StepData& step) const {
    Residual residual;
    if (adds_) residual.f32 = row_view<const float>(step.inputs[kResidual]);
    return residual;
  }

  Output output_of(const StepData& step) const {
    const Tensor& y = step.outputs[0];
    if (scales_.output == 0.0f) return Output::f32(row_view<float>(y));
    return Output::fixed_s8(row_view<std::int8_t>(y), scales_.output);
  }

  const std::int32_t* column_sums() const {
    const auto& sums = column_sums_.get([this] {
      const std::size_t columns = padded_columns(layer_.weight.columns);
      auto fresh = std::make_unique<std::vector<std::int32_t>>(columns);
      sum_columns(layer_.weight, fresh->data());
      return fresh;
    });
    return sums.data();
  }

  const LinearS8 layer_;
  const Scales scales_;
  const bool adds_;
  const bool adds_constant_;
  const MadeOnce<std::vector<std::int32_t>> column_sums_;
};

LinearS8 layer_of(const OpRequest& request) {
  const Attributes& attributes = request.attributes;
  LinearS8 layer = {};
  layer.weight.depth = attributes.size("depth", kMaxDepth);
  layer.weight.columns = attributes.size("columns", kMaxColumns);
  const TensorType packed = {DType::kS8, packed_s8_shape(layer.weight.depth, layer.weight.columns)};
  const TensorType per_column = {DType::kF32, per_column_shape(layer.weight.columns)};
  layer.weight.data =
      static_cast<const std::int8_t*>(expect_constant("weight", request.inputs[1], packed));
  layer.column_scales =
      static_cast<const float*>(expect_constant("column_scales", request.inputs[2], per_column));
  layer.bias = static_cast<const float*>(expect_constant("bias", request.inputs[3], per_column));
  layer.activation = elementwise_named(attributes.text_or("activation", "identity"));
  layer.alpha = attributes.number_or("alpha", 0.0f);
  return layer;
}

}  // namespace

std::unique_ptr<Op> make_linear_s8(const OpRequest& request) {
  const std::size_t inputs = request.inputs.size();
  const bool adds = inputs == 5;
  if (inputs != 4 && !adds) {
    refuse_value(
        "expected 4 inputs (x, weight, column_scales, bias), or 5 with a residual, received ",
        inputs);
  }
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"depth", "columns", "activation", "alpha", "input_scale", "output_scale"});
  const Scales scales = {scale_or_0(attributes, "input_scale"),
                         scale_or_0(attributes, "output_scale")};
  return std::make_unique<LinearS8Op>(layer_of(request), scales, adds,
                                      adds && request.inputs[4].constant != nullptr);
}

}  // namespace fourfold
