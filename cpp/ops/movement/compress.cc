// compress: the slices of x along an axis for which the condition is true.
//
// Inputs      x of any type; condition bool [n], n at most the size of the axis: the slices beyond
//             are left out.
// Attributes  axis; absent: x is taken as a vector.
// As ONNX Compress.
#include <algorithm>
#include <memory>
#include <optional>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class CompressOp final : public Op {
 public:
  explicit CompressOp(std::optional<std::int64_t> axis) : axis_(axis) {}

  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = {inputs[0].type.dtype, shape_taken(inputs[0].type.shape)};
    const std::size_t axis = axis_taken(outputs[0].shape);
    const TensorType& condition = inputs[1].type;
    if (condition.dtype != DType::kBool || condition.shape.rank() != 1 ||
        condition.shape[0] > outputs[0].shape[axis]) {
      refuse_value("condition: expected a vector of at most ", outputs[0].shape[axis],
                   " bool, received ", type_text(condition));
    }
    const bool* first = inputs[1].values<bool>();
    outputs[0].shape.set(axis, std::count(first, first + inputs[1].size(0), true));
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return inputs[1].size(0) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& condition = step.inputs[1];
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    std::size_t count = 0;
    for (std::size_t i = 0; i < condition.size(0); ++i) {
      if (condition.values<bool>()[i]) places[count++] = static_cast<std::int64_t>(i);
    }
    const Shape from = shape_taken(x.shape());
    const std::size_t axis = axis_taken(from);
    std::size_t outer = 1, run_bytes = dtype_bytes(x.type.dtype);
    for (std::size_t k = 0; k < from.rank(); ++k) {
      if (k < axis) outer *= static_cast<std::size_t>(from[k]);
      if (k > axis) run_bytes *= static_cast<std::size_t>(from[k]);
    }
    const std::size_t slice_bytes = static_cast<std::size_t>(from[axis]) * run_bytes;
    for (std::size_t i = 0; i < outer; ++i) {
      gather_runs(x.values<std::byte>() + i * slice_bytes, places, count, run_bytes,
                  step.outputs[0].values_out<std::byte>() + i * count * run_bytes, execution);
    }
  }

 private:
  Shape shape_taken(const Shape& x) const {
    return axis_ ? x : Shape{static_cast<std::int64_t>(element_count(x))};
  }
  std::size_t axis_taken(const Shape& shape) const {
    return checked_axis("axis", axis_.value_or(0), shape.rank());
  }

  const std::optional<std::int64_t> axis_;
};

}  // namespace

std::unique_ptr<Op> make_compress(const OpRequest& request) {
  expect_inputs(request, {"x", "condition"});
  request.attributes.allow_only({"axis"});
  if (!request.attributes.has("axis")) return std::make_unique<CompressOp>(std::nullopt);
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<CompressOp>(request.attributes.integer("axis", -kRank, kRank - 1));
}

}  // namespace fourfold
