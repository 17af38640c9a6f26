// binary_s8: y = activation(a + b), or of a * b, under NumPy broadcasting, where either may be int8.
//
//   v = activation(a op b) in float32, int8 counting as (float(q) - its zero) * its scale, rounded
//   y = v, or round_to_even(clamp(fma(v, 1 / output_scale, output_zero), low, 127)), NaN giving 0
//
// Inputs      a, b, each float32 or int8.
// Attributes  kind: add or mul; a_scale > 0 if a is int8, and b_scale if b is; activation
//             ("identity"; an elementwise one), alpha (0); output_scale > 0: y is int8, quantized
//             with it; else float32. a_zero, b_zero, output_zero (scale_attribute.h; 0), each of what
//             is int8: low is -128 with output_zero, -127 without.
#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "kernels/activation/activation.h"
#include "kernels/elementwise_s8/elementwise_s8.h"
#include "kernels/quantize/quantize.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/rows.h"
#include "ops/registry.h"
#include "ops/scale_attribute.h"

namespace fourfold {
namespace {

struct Settings {
  bool multiplies;
  Activation activation;
  float alpha;
  float scales[2];  // of a and b; 0: float32
  float zeros[2];
  float output_scale;  // 0: float32
  S8Range output_range;
  bool row_wise;
};

OperandRows operand_of(const Tensor& tensor, const BroadcastBlock::Input& input, float scale,
                       float zero) {
  const bool quantized = tensor.type.dtype == DType::kS8;
  return {quantized ? nullptr : tensor.f32() + input.first,
          quantized ? tensor.values<std::int8_t>() + input.first : nullptr,
          input.row_stride,
          scale,
          input.single,
          zero};
}

// The same from this row and column on.
OperandRows operand_at(OperandRows operand, std::size_t row, std::size_t column) {
  const std::size_t offset = row * operand.row_stride + (operand.single ? 0 : column);
  if (operand.f32 != nullptr) operand.f32 += offset;
  if (operand.s8 != nullptr) operand.s8 += offset;
  return operand;
}

// One run of the op.
class BinaryRun {
 public:
  BinaryRun(const Settings& settings, const StepData& step, const Execution& execution)
      : settings_(settings),
        step_(step),
        kernels_(elementwise_s8_kernels(execution.isa)),
        quantize_(quantize_kernels(execution.isa)),
        activate_(activation_function(activation_kernels(execution.isa), settings.activation)) {}

  void operator()(const BroadcastBlock& block) const {
    OperandRows a =
        operand_of(step_.inputs[0], block.inputs[0], settings_.scales[0], settings_.zeros[0]);
    OperandRows b =
        operand_of(step_.inputs[1], block.inputs[1], settings_.scales[1], settings_.zeros[1]);
    if (a.single || (a.row_stride == 0 && !b.single)) std::swap(a, b);
    a.single = false;  // as it is of a single column, if both were
    const float floor =
        settings_.activation == Activation::relu ? 0.0f : -std::numeric_limits<float>::infinity();
    const BinaryOperands operands = {a, b, block.rows, block.columns, floor};
    if (times_side_by_side(operands) > 1) return join_side_by_side(operands, block.y);
    if (!b.single || b.s8 == nullptr) return join(operands, block.y);
    for (std::size_t r = 0; r < block.rows; ++r) {
      const float value = (static_cast<float>(b.s8[r * b.row_stride]) - b.zero) * b.scale;
      join({operand_at(a, r, 0), {&value, nullptr, 0, 0.0f, true}, 1, block.columns, floor},
           block.y + r * block.columns);
    }
  }

 private:
  // Values on their way through an activation; they stay in L1.
  static constexpr std::size_t kPiece = 2048;

  bool to_s8() const { return settings_.output_scale != 0.0f; }
  // relu is a floor, done on the way.
  bool activates_apart() const {
    return settings_.activation != Activation::identity && settings_.activation != Activation::relu;
  }

  // Rows that are one row of whole vectors, where b is the same for all: 24 columns end in the middle
  // of a vector, eight times 24 do not. 1 if that does not fit.
  static std::size_t times_side_by_side(const BinaryOperands& operands) {
    constexpr std::size_t kWhole = 64;  // values that all ISAs have stores for
    const OperandRows &a = operands.a, &b = operands.b;
    if (b.single || b.row_stride != 0 || b.f32 == nullptr) return 1;
    if (a.row_stride != operands.columns) return 1;
    const std::size_t times = kWhole / std::gcd(kWhole, operands.columns);
    return times * operands.columns <= kPiece && times <= operands.rows ? times : 1;
  }

  void join_side_by_side(const BinaryOperands& operands, std::size_t at) const {
    const std::size_t columns = operands.columns, times = times_side_by_side(operands);
    float b[kPiece];
    for (std::size_t i = 0; i < times; ++i)
      std::copy_n(operands.b.f32, columns, b + i * columns);
    BinaryOperands wide = operands;
    wide.b.f32 = b;
    wide.rows = operands.rows / times;
    wide.a.row_stride = wide.columns = times * columns;
    join(wide, at);
    BinaryOperands rest = operands;
    rest.a = operand_at(operands.a, wide.rows * times, 0);
    rest.rows = operands.rows % times;
    join(rest, at + wide.rows * wide.columns);
  }

  // Element `at` of y is the first of the rows.
  void join(const BinaryOperands& operands, std::size_t at) const {
    if (activates_apart()) return join_by_pieces(operands, at);
    if (to_s8()) {
      const auto join = settings_.multiplies ? kernels_.mul_to_s8 : kernels_.add_to_s8;
      const S8Range& range = settings_.output_range;
      join(operands,
           {y_s8() + at, operands.columns, 1.0f / settings_.output_scale, range.zero, range.low});
    } else {
      join_to_f32(operands, y_f32() + at);
    }
  }

  void join_to_f32(const BinaryOperands& operands, float* y) const {
    const auto join = settings_.multiplies ? kernels_.mul_to_f32 : kernels_.add_to_f32;
    join(operands, {y, operands.columns});
  }

  void join_by_pieces(const BinaryOperands& operands, std::size_t at) const {
    float piece[kPiece];
    for (std::size_t r = 0; r < operands.rows; ++r) {
      for (std::size_t column = 0; column < operands.columns; column += kPiece) {
        const std::size_t count = std::min(kPiece, operands.columns - column);
        const std::size_t first = at + r * operands.columns + column;
        float* values = to_s8() ? piece : y_f32() + first;
        join_to_f32({operand_at(operands.a, r, column), operand_at(operands.b, r, column), 1, count,
                     operands.floor},
                    values);
        activate_({values, count, values, count, 1, count, settings_.alpha});
        if (!to_s8()) continue;
        quantize_.fixed({values, count, y_s8() + first, count, nullptr,
                         1.0f / settings_.output_scale, 1, count, count, /*flip=*/0, nullptr,
                         settings_.output_range.zero, settings_.output_range.low});
      }
    }
  }

  float* y_f32() const { return step_.outputs[0].f32_out(); }
  std::int8_t* y_s8() const { return step_.outputs[0].values_out<std::int8_t>(); }

  const Settings& settings_;
  const StepData& step_;
  const ElementwiseS8Kernels& kernels_;
  const QuantizeKernels& quantize_;
  const ActivationFunction activate_;
};

class BinaryS8Op final : public Op {
 public:
  explicit BinaryS8Op(const Settings& settings) : settings_(settings) {}

  bool row_wise() const override { return settings_.row_wise; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 2; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    constexpr const char* kNames[] = {"a", "b"};
    for (std::size_t i = 0; i < 2; ++i) {
      const DType expected = settings_.scales[i] == 0.0f ? DType::kF32 : DType::kS8;
      if (inputs[i].type.dtype == expected) continue;
      refuse_value(kNames[i], ": expected ", dtype_name(expected), ", as there is ",
                   expected == DType::kS8 ? "" : "no ", "attribute '", kNames[i],
                   "_scale', received ", type_text(inputs[i].type));
    }
    outputs[0] = {settings_.output_scale == 0.0f ? DType::kF32 : DType::kS8,
                  broadcast_shape(inputs[0].shape(), inputs[1].shape())};
  }

  void run(const StepData& step, const Execution& execution) const override {
    BroadcastLoops(step.inputs, 2, step.outputs[0].shape())
        .share_out_blocks(execution, BinaryRun(settings_, step, execution));
  }

 private:
  const Settings settings_;
};

bool multiplies(const std::string& kind) {
  if (kind == "add") return false;
  if (kind == "mul") return true;
  refuse_value("kind: expected add or mul, received '", kind, "'");
}

}  // namespace

std::unique_ptr<Op> make_binary_s8(const OpRequest& request) {
  expect_inputs(request, {"a", "b"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kind", "a_scale", "a_zero", "b_scale", "b_zero", "activation", "alpha",
                         "output_scale", "output_zero"});
  return std::make_unique<BinaryS8Op>(Settings{
      multiplies(attributes.text("kind")),
      elementwise_named(attributes.text_or("activation", "identity")),
      attributes.number_or("alpha", 0.0f),
      {scale_or_0(attributes, "a_scale"), scale_or_0(attributes, "b_scale")},
      {zero_or_0(attributes, "a_zero", "a_scale"), zero_or_0(attributes, "b_zero", "b_scale")},
      scale_or_0(attributes, "output_scale"),
      s8_range(attributes, "output_zero", "output_scale"),
      broadcasts_row_wise(request)});
}

}  // namespace fourfold
