// layer_norm, rms_norm: x normalized over its axes from `axis` on, together.
//
//   layer_norm   y = (x - mean) i scale + bias, i = 1 / sqrt(variance + epsilon)
//   rms_norm     y = x i scale, i = 1 / sqrt(mean(x^2) + epsilon)
//
// The order of sums and the roundings are those of kernels/normalize.
//
// Inputs      x float32 of at least one dimension; scale, bias float32 of the shape of x from `axis`
//             on, or of that with axes of size 1 in front. layer_norm's bias may be absent.
// Attributes  axis (-1), epsilon (1e-5); layer_norm: outputs (1 to 3; 1).
// Outputs     y as x; layer_norm: mean, i, of the shape of x with size 1 from `axis` on.
// As in ONNX.
#include <cmath>
#include <memory>

#include "base/check.h"
#include "kernels/normalize/normalize.h"
#include "kernels/reduce/reduce.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

using NormKernel = void (*NormalizeKernels::*)(const LayerNormBlock&);

struct Settings {
  NormKernel kernel;
  bool has_bias;  // an input of that name, present or not
  std::int64_t axis;
  float epsilon;
  std::size_t outputs;
  bool constants;  // scale and bias
};

// `parameter` is as x from `axis` on, but for axes of size 1 in front.
void expect_parameter(const char* name, const TensorType& parameter, const Shape& x,
                      std::size_t axis) {
  Shape whole, normalized;
  for (std::size_t i = axis; i < x.rank(); ++i)
    normalized.append(x[i]);
  const std::size_t rank = parameter.shape.rank();
  for (std::size_t i = 0; i < rank; ++i)
    whole.append(rank - i > normalized.rank() ? 1 : x[x.rank() - (rank - i)]);
  const TensorType expected = {DType::kF32, rank < normalized.rank() ? normalized : whole};
  expect_type(name, parameter, expected);
}

class LayerNormOp final : public Op {
 public:
  explicit LayerNormOp(const Settings& settings) : settings_(settings) {}

  std::size_t outputs() const override { return settings_.outputs; }

  // An axis counted from the end may be the first of a tensor of low rank; the last one, of rank 2
  // or more, is not.
  bool row_wise() const override {
    return settings_.constants && (settings_.axis == -1 || settings_.axis > 0);
  }

  bool infers_any_size() const override { return true; }

  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    expect_rows("x", x);
    const std::size_t axis = checked_axis("axis", settings_.axis, x.shape.rank());
    expect_parameter("scale", inputs[1].type, x.shape, axis);
    if (bias_of(inputs) != nullptr) expect_parameter("bias", bias_of(inputs)->type, x.shape, axis);
    outputs[0] = x;
    for (std::size_t i = 1; i < settings_.outputs; ++i) {
      outputs[i] = x;
      for (std::size_t k = axis; k < x.shape.rank(); ++k)
        outputs[i].shape.set(k, 1);
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const AxisSplit split =
        split_at_axis(x.shape(), checked_axis("axis", settings_.axis, x.rank()));
    const std::size_t columns = split.size * split.inner;
    const Tensor* bias = bias_of(step.inputs);
    const auto normalize = normalize_kernels(execution.isa).*settings_.kernel;
    share_out(split.outer, columns, execution, [&](Range rows) {
      if (settings_.outputs > 1) write_moments(step, columns, rows, reduce_kernels(execution.isa));
      if (columns == 0) return;
      const std::size_t start = rows.begin * columns;
      const NormalizeBlock block = {x.f32() + start, columns,     step.outputs[0].f32_out() + start,
                                    columns,         rows.size(), columns};
      normalize({block, nullptr, 0, nullptr, 0, step.inputs[1].f32(),
                 bias == nullptr ? nullptr : bias->f32(), settings_.epsilon});
    });
  }

 private:
  const Tensor* bias_of(const Tensor* inputs) const {
    return settings_.has_bias && inputs[2].present ? &inputs[2] : nullptr;
  }

  // Of no values: NaN, as 0 / 0.
  void write_moments(const StepData& step, std::size_t columns, Range rows,
                     const ReduceKernels& kernels) const {
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const Moments moments = columns == 0
                                  ? Moments{NAN, NAN}
                                  : kernels.moments(step.inputs[0].f32() + row * columns, columns);
      step.outputs[1].f32_out()[row] = moments.mean;
      if (settings_.outputs < 3) continue;
      step.outputs[2].f32_out()[row] = 1.0f / std::sqrt(moments.variance + settings_.epsilon);
    }
  }

  const Settings settings_;
};

std::unique_ptr<Op> make(const OpRequest& request, Settings settings) {
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  settings.axis = request.attributes.integer_or("axis", -1, -kRank, kRank - 1);
  settings.epsilon = request.attributes.number_or("epsilon", 1e-5f);
  settings.constants = true;
  for (std::size_t i = 1; i < request.inputs.size(); ++i) {
    const OpInput& input = request.inputs[i];
    settings.constants &= !input.present || input.constant != nullptr;
  }
  return std::make_unique<LayerNormOp>(settings);
}

}  // namespace

std::unique_ptr<Op> make_layer_norm(const OpRequest& request) {
  expect_inputs(request, {"x", "scale", "bias"}, 2);
  request.attributes.allow_only({"axis", "epsilon", "outputs"});
  Settings settings = {};
  settings.kernel = &NormalizeKernels::layer_norm;
  settings.has_bias = true;
  settings.outputs = static_cast<std::size_t>(request.attributes.integer_or("outputs", 1, 1, 3));
  return make(request, settings);
}

std::unique_ptr<Op> make_rms_norm(const OpRequest& request) {
  expect_inputs(request, {"x", "scale"});
  request.attributes.allow_only({"axis", "epsilon"});
  Settings settings = {};
  settings.kernel = &NormalizeKernels::rms_norm;
  settings.outputs = 1;
  return make(request, settings);
}

}  // namespace fourfold
