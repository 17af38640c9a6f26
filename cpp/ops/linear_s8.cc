// linear_s8: y = activation(x @ weight + bias + residual), weight in int8 (matmul/linear_s8.h).
//
// Inputs      x float32 or int8 [..., depth]; constants: weight int8 [N/16, K/4, 16, 4],
//             column_scales and bias float32 [N], where N is columns padded to 16 and K is depth
//             padded to 64, or all three plain, [depth, columns] and [columns] (ops/stored_s8.h);
//             and, if there is one, residual float32 [..., columns].
// Attributes  depth, columns; activation ("identity"; an elementwise one), alpha (0).
//             input_scale > 0: x is quantized with it, or was, if it is int8; without it each row of
//             x has its own scale. output_scale > 0: y is int8, quantized with it; else float32.
//             output_zero, as in scale_attribute.h: of y, which is then in [-128, 127].
//             activation_bits 8 (default) or 16: x as two int8 values for each of its own, and two
//             products with the same weight: v = fma(q', ..., bias) + residual, and then
//             fma(q, ..., 0) + v (matmul/operand.h, RemainderRows). Only without input_scale.
#include "matmul/linear_s8.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "base/check.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/row_views.h"
#include "ops/scale_attribute.h"
#include "ops/stored_s8.h"

namespace fourfold {
namespace {

enum class Adds { kNothing, kValue, kConstant };  // of a residual

struct Scales {
  float input;   // 0: each row has its own
  float output;  // 0: the output is float32
  S8Range range;
};

class LinearS8Op final : public Op {
 public:
  LinearS8Op(const LinearS8& layer, const StoredS8& weight, Scales scales, Adds adds, bool wide)
      : layer_(layer),
        weight_(weight),
        scales_(scales),
        adds_(adds),
        no_bias_(wide ? padded_columns(layer.weight.columns) : 0) {}

  // A constant residual has all its rows, and would have to be cut along.
  bool row_wise() const override { return adds_ != Adds::kConstant; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const bool is_s8 = inputs[0].type.dtype == DType::kS8 && !wide();
    const DType x = is_s8 ? DType::kS8 : DType::kF32;
    expect_rows_of("x", inputs[0].type, x, layer_.weight.depth);
    if (x == DType::kS8 && scales_.input == 0.0f) {
      refuse_value("x: int8 needs the attribute 'input_scale', the scale it was quantized with");
    }
    const Shape shape = rows_of(inputs[0].type.shape, layer_.weight.columns);
    if (adds_ != Adds::kNothing)
      expect_type("residual", inputs[kResidual].type, {DType::kF32, shape});
    outputs[0] = {scales_.output == 0.0f ? DType::kF32 : DType::kS8, shape};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const std::size_t rows = row_count(inputs[0]);
    const auto of = [&](OutputForm form) {
      return linear_s8_scratch_bytes(layer_, form, rows, execution);
    };
    if (scales_.output == 0.0f) return of(OutputForm::kF32);
    if (!wide()) return of(OutputForm::kFixedS8);
    return value_bytes(rows) + std::max(of(OutputForm::kF32), of(OutputForm::kFixedS8));
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    LinearS8 layer = layer_;
    layer.weight.data = weight_.packed();
    if (linear_s8_reads_column_sums(row_count(x), execution))
      layer.column_sums = weight_.column_sums();
    if (wide()) return multiply_twice(step, layer, execution);
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

  bool wide() const { return !no_bias_.empty(); }

  // Of the first product's values, where the output is int8 and cannot hold them.
  std::size_t value_bytes(std::size_t rows) const {
    return round_up(rows * layer_.weight.columns * sizeof(float), kAlignment);
  }

  // The small product first: what is added to it is then rounded to the result's own precision.
  void multiply_twice(const StepData& step, LinearS8 layer, const Execution& execution) const {
    const auto x = row_view<const float>(step.inputs[0]);
    const std::size_t columns = layer.weight.columns;
    std::byte* scratch = step.scratch;
    MatrixView<float> values = {step.outputs[0].f32_out(), x.rows, columns, columns};
    if (scales_.output != 0.0f) {
      values.data = reinterpret_cast<float*>(scratch);
      scratch += value_bytes(x.rows);
    }
    LinearS8 first = layer;
    first.activation = Activation::identity;
    linear_s8(first, RemainderRows(x), residual_of(step), Output::f32(values), scratch, execution);
    layer.bias = no_bias_.data();
    Residual small;
    small.f32 = {values.data, x.rows, columns, columns};
    linear_s8(layer, DynamicRows(x), small, output_of(step), scratch, execution);
  }

  Residual residual_of(const StepData& step) const {
    Residual residual;
    if (adds_ != Adds::kNothing) residual.f32 = row_view<const float>(step.inputs[kResidual]);
    return residual;
  }

  Output output_of(const StepData& step) const {
    const Tensor& y = step.outputs[0];
    if (scales_.output == 0.0f) return Output::f32(row_view<float>(y));
    return Output::fixed_s8(row_view<std::int8_t>(y), scales_.output, scales_.range);
  }

  const LinearS8 layer_;  // without the weight's data
  const WeightS8 weight_;
  const Scales scales_;
  const Adds adds_;
  const std::vector<float> no_bias_;  // of the second of two products; empty for one
};

bool is_wide(const Attributes& attributes) {
  const std::int64_t bits = attributes.integer_or("activation_bits", 8, 8, 16);
  if (bits != 8 && bits != 16) {
    refuse_value("attribute 'activation_bits': expected 8 or 16, received ", bits);
  }
  if (bits == 16 && attributes.has("input_scale")) {
    refuse_value("attribute 'activation_bits': 16 is of float32 rows with a scale each, and not ",
                 "with the attribute 'input_scale'");
  }
  return bits == 16;
}

Adds adds_of(const OpRequest& request) {
  constexpr std::size_t kFirstInputs = 4;
  const std::size_t inputs = request.inputs.size();
  if (inputs == kFirstInputs) return Adds::kNothing;
  if (inputs != kFirstInputs + 1) {
    refuse_value(
        "expected 4 inputs (x, weight, column_scales, bias), or 5 with a residual, received ",
        inputs);
  }
  const bool constant = request.inputs[kFirstInputs].constant != nullptr;
  return constant ? Adds::kConstant : Adds::kValue;
}

StoredS8 weight_of(const OpRequest& request) {
  const Attributes& attributes = request.attributes;
  return expect_stored_s8(
      "weight", request.inputs[1],
      {{}, attributes.size("depth", kMaxDepth), 1, attributes.size("columns", kMaxColumns)});
}

LinearS8 layer_of(const OpRequest& request, const StoredS8& weight) {
  const Attributes& attributes = request.attributes;
  const TensorType per_column = weight.per_column();
  LinearS8 layer = {};
  layer.weight = {nullptr, weight.sizes.depth, weight.sizes.columns};
  layer.column_scales =
      static_cast<const float*>(expect_constant("column_scales", request.inputs[2], per_column));
  layer.bias = static_cast<const float*>(expect_constant("bias", request.inputs[3], per_column));
  layer.activation = elementwise_named(attributes.text_or("activation", "identity"));
  layer.alpha = attributes.number_or("alpha", 0.0f);
  return layer;
}

}  // namespace

std::unique_ptr<Op> make_linear_s8(const OpRequest& request) {
  const Adds adds = adds_of(request);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"depth", "columns", "activation", "alpha", "input_scale", "output_scale",
                         "output_zero", "activation_bits"});
  const Scales scales = {scale_or_0(attributes, "input_scale"),
                         scale_or_0(attributes, "output_scale"),
                         s8_range(attributes, "output_zero", "output_scale")};
  const StoredS8 weight = weight_of(request);
  return std::make_unique<LinearS8Op>(layer_of(request, weight), weight, scales, adds,
                                      is_wide(attributes));
}

}  // namespace fourfold
