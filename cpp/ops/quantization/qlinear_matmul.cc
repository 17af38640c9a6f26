// qlinear_matmul: a product of quantized matrices, quantized again.
//
//   sum = (a - a_zero) @ (b - b_zero)                         in int32, modulo 2^32
//   y = saturate(round_to_even(sum * scale) + y_zero)         scale = a_scale * b_scale / y_scale
//
// scale in float32, its product with the sum in float64, where it hardly ever rounds.
//
// Inputs      a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero: a, b, and the zeros int8 or
//             uint8, scales float32. a [..., M, K] and b [..., K, N] as in NumPy's matmul; scales and
//             zeros of a and y have one value or M, those of b one or N.
// Output      y of the type of y_zero.
// As in ONNX.
#include <limits>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/quantization/byte_values.h"
#include "ops/quantization/integer_product.h"
#include "ops/quantization/rounding.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

enum Input { kA, kAScale, kAZero, kB, kBScale, kBZero, kYScale, kYZero };

IntegerFactors factors_of(const Tensor* inputs) {
  return {inputs[kA], inputs[kAZero], inputs[kB], inputs[kBZero]};
}

// One value, or `count` of them; as many in both.
void expect_scaling(const char* name, const Tensor& scale, const Tensor& zero, std::size_t count) {
  const std::size_t values = element_count(scale.shape());
  const bool fits = scale.type.dtype == DType::kF32 && (values == 1 || values == count);
  if (!fits) {
    refuse_value(name, "_scale: expected float32 of 1 or ", count, " values, received ",
                 type_text(scale.type));
  }
  if (element_count(zero.shape()) == values) return;
  refuse_value(name, "_zero: expected as many values as the scale, ", values, ", received ",
               type_text(zero.type));
}

float scale_at(const Tensor& scale, std::size_t index) {
  return scale.f32()[element_count(scale.shape()) == 1 ? 0 : index];
}

template <class T>
class QuantizedSums final : public IntegerRows {
 public:
  explicit QuantizedSums(const StepData& step)
      : step_(step),
        rows_(factors_of(step.inputs).rows()),
        columns_(factors_of(step.inputs).columns()) {}

  void take(std::size_t row, Range columns, const std::int32_t* sums) const override {
    const Tensor* inputs = step_.inputs;
    const std::size_t r = row % rows_;
    const float a_scale = scale_at(inputs[kAScale], r), y_scale = scale_at(inputs[kYScale], r);
    const double zero = byte_at(inputs[kYZero], r);
    T* y = step_.outputs[0].values_out<T>() + row * columns_ + columns.begin;
    const Tensor& b_scale = inputs[kBScale];
    if (element_count(b_scale.shape()) == 1) {
      const float scale = a_scale * b_scale.f32()[0] / y_scale;
      for (std::size_t i = 0; i < columns.size(); ++i)
        y[i] = quantized(sums[i], scale, zero);
    } else {
      const float* b_scales = b_scale.f32() + columns.begin;
      for (std::size_t i = 0; i < columns.size(); ++i)
        y[i] = quantized(sums[i], a_scale * b_scales[i] / y_scale, zero);
    }
  }

 private:
  static T quantized(std::int32_t sum, float scale, double zero) {
    return static_cast<T>(static_cast<std::int32_t>(round_to_integer<double>(
        sum * double{scale}, zero, std::numeric_limits<T>::min(), std::numeric_limits<T>::max())));
  }

  const StepData& step_;
  const std::size_t rows_;  // of one matrix
  const std::size_t columns_;
};

class QLinearMatmulOp final : public Op {
 public:
  QLinearMatmulOp(const OpInput& b, const OpInput& b_zero) : product_(b, b_zero) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const IntegerFactors factors = factors_of(inputs);
    outputs[0].shape = product_.infer(factors);
    const DType to = inputs[kYZero].type.dtype;
    if (to != DType::kS8 && to != DType::kU8) {
      refuse_value("y_zero: expected int8 or uint8, received ", type_text(inputs[kYZero].type));
    }
    outputs[0].dtype = to;
    expect_scaling("a", inputs[kAScale], inputs[kAZero], factors.rows());
    expect_scaling("b", inputs[kBScale], inputs[kBZero], factors.columns());
    expect_scaling("y", inputs[kYScale], inputs[kYZero], factors.rows());
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    return product_.scratch_bytes(factors_of(inputs), execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const IntegerFactors factors = factors_of(step.inputs);
    if (step.outputs[0].type.dtype == DType::kS8) {
      product_.run(factors, QuantizedSums<std::int8_t>(step), step.scratch, execution);
    } else {
      product_.run(factors, QuantizedSums<std::uint8_t>(step), step.scratch, execution);
    }
  }

 private:
  const IntegerProduct product_;
};

}  // namespace

std::unique_ptr<Op> make_qlinear_matmul(const OpRequest& request) {
  expect_inputs(request, {"a", "a_scale", "a_zero", "b", "b_scale", "b_zero", "y_scale", "y_zero"});
  request.attributes.allow_only({});
  return std::make_unique<QLinearMatmulOp>(request.inputs[kB], request.inputs[kBZero]);
}

}  // namespace fourfold
