// linear_s8: y = activation(x @ weight + bias), weight in int8 (matmul/linear_s8.h).
//
// Inputs      x float32 [rows, depth]; constants: weight int8 [N/16, K/4, 16, 4],
//             column_scales and bias float32 [N], where N is columns padded to 16 and K is depth
//             padded to 64.
// Attributes  depth, columns; activation ("identity"; an elementwise one), alpha (0).
#include "matmul/linear_s8.h"

#include <atomic>
#include <memory>

#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class LinearS8Op final : public Op {
 public:
  explicit LinearS8Op(const LinearS8& layer) : layer_(layer) {}
  ~LinearS8Op() override { delete[] column_sums_.load(std::memory_order_relaxed); }

  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("x", inputs[0].type, {DType::kF32, {kAnySize, signed_size(layer_.weight.depth)}});
    outputs[0] = {DType::kF32, {inputs[0].type.shape[0], signed_size(layer_.weight.columns)}};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    return linear_s8_scratch_bytes(layer_, inputs[0].size(0), execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    LinearS8 layer = layer_;
    if (linear_s8_reads_column_sums(x.size(0), execution)) layer.column_sums = column_sums();
    linear_s8(layer, {x.f32(), x.size(0), x.size(1), x.size(1)},
              {y.f32_out(), y.size(0), y.size(1), y.size(1)}, step.scratch, execution);
  }

 private:
  // Made by the first run that reads them, not with the op: the weights may be a mapped file, which
  // loading must not read. Two first runs at once make them twice, and one wins.
  const std::int32_t* column_sums() const {
    std::int32_t* sums = column_sums_.load(std::memory_order_acquire);
    if (sums != nullptr) return sums;
    auto fresh = std::make_unique<std::int32_t[]>(padded_columns(layer_.weight.columns));
    sum_columns(layer_.weight, fresh.get());
    if (!column_sums_.compare_exchange_strong(sums, fresh.get(), std::memory_order_acq_rel)) {
      return sums;
    }
    return fresh.release();
  }

  const LinearS8 layer_;
  mutable std::atomic<std::int32_t*> column_sums_{nullptr};
};

}  // namespace

std::unique_ptr<Op> make_linear_s8(const OpRequest& request) {
  expect_inputs(request, {"x", "weight", "column_scales", "bias"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"depth", "columns", "activation", "alpha"});
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
  return std::make_unique<LinearS8Op>(layer);
}

}  // namespace fourfold
