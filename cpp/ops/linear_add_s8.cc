// linear_add_s8: y = x @ weight + bias + other, weight in int8, under NumPy broadcasting.
//
// Inputs      those of linear_s8, its residual being `other` float32 of any shape that broadcasts.
// Attributes  those of linear_s8, with no activation and a float32 output.
//
// For where it is not known ahead that `other` has the product's own shape, as nearly all have:
// then it is linear_s8's residual. Any other is added afterwards, to the same bits.
#include <algorithm>
#include <array>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/row_views.h"

namespace fourfold {
namespace {

constexpr std::size_t kInputs = 5;
constexpr std::size_t kOther = 4;

using Inputs = std::array<Tensor, kInputs>;

class LinearAddS8Op final : public Op {
 public:
  LinearAddS8Op(std::unique_ptr<Op> layer, std::unique_ptr<Op> add, std::size_t columns)
      : layer_(std::move(layer)), add_(std::move(add)), columns_(columns) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    add_->infer(terms({product_of(inputs)}, inputs).data(), outputs);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const TensorType product = product_of(inputs);
    const Inputs own = with_other(inputs, {product});
    const std::size_t of_layer = layer_->scratch_bytes(own.data(), execution);
    if (is_residual(inputs[kOther], product)) return of_layer;
    const std::size_t of_add = add_->scratch_bytes(terms({product}, inputs).data(), execution);
    return 2 * value_bytes(product) + std::max(of_layer, of_add);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const TensorType product = product_of(step.inputs);
    if (is_residual(step.inputs[kOther], product)) return layer_->run(step, execution);
    // -0.0 is the number that changes no other when it is added.
    auto* nothing = reinterpret_cast<float*>(step.scratch);
    std::fill_n(nothing, element_count(product.shape), -0.0f);
    std::byte* values = step.scratch + value_bytes(product);
    std::byte* scratch = values + value_bytes(product);
    const Inputs own = with_other(step.inputs, {product, nothing});
    const Tensor result = {product, values};
    layer_->run({own.data(), &result, scratch}, execution);
    add_->run({terms(result, step.inputs).data(), step.outputs, scratch}, execution);
  }

 private:
  static Inputs with_other(const Tensor* inputs, const Tensor& other) {
    return {inputs[0], inputs[1], inputs[2], inputs[3], other};
  }

  // Of the addition. As long as `Inputs`: the compiler holds that any op may be this one.
  static Inputs terms(const Tensor& product, const Tensor* inputs) {
    return {product, inputs[kOther]};
  }

  static std::size_t value_bytes(const TensorType& product) {
    return round_up(byte_count(product), kAlignment);
  }

  static bool is_residual(const Tensor& other, const TensorType& product) {
    return other.shape() == product.shape;
  }

  TensorType product_of(const Tensor* inputs) const {
    const TensorType& x = inputs[0].type;
    if (x.shape.rank() < 2) refuse_value("x: expected two axes or more, received ", type_text(x));
    TensorType product = {DType::kF32, rows_of(x.shape, columns_)};
    layer_->infer(with_other(inputs, {product}).data(), &product);
    return product;
  }

  const std::unique_ptr<Op> layer_;
  const std::unique_ptr<Op> add_;
  const std::size_t columns_;
};

}  // namespace

std::unique_ptr<Op> make_linear_add_s8(const OpRequest& request) {
  const Attributes& attributes = request.attributes;
  if (request.inputs.size() != kInputs || request.inputs[kOther].constant != nullptr) {
    refuse_value("expected 5 inputs (x, weight, column_scales, bias, other), the last no constant");
  }
  if (attributes.text_or("activation", "identity") != "identity" ||
      attributes.has("output_scale")) {
    refuse_value("expected no activation, and no attribute 'output_scale'");
  }
  const Attributes none;
  std::unique_ptr<Op> layer = make_linear_s8(request);
  std::unique_ptr<Op> add = make_add({{{}, {}}, none});
  return std::make_unique<LinearAddS8Op>(std::move(layer), std::move(add),
                                         attributes.size("columns", kMaxColumns));
}

}  // namespace fourfold
