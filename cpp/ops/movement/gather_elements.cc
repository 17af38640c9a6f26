// gather_elements: y[i, j, k] = x[i, indices[i, j, k], k], here for axis 1.
//
// Inputs      x of any type, of rank 1 or more; indices int32 or int64 of the same rank, no larger
//             than x along the other axes, from -size to size - 1 for an axis of that size.
// Attributes  axis (0).
// As ONNX GatherElements.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class GatherElementsOp final : public Op {
 public:
  explicit GatherElementsOp(std::int64_t axis) : axis_(axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    expect_element_indices(inputs[1].type, from, checked_axis("axis", axis_, from.rank()));
    outputs[0] = {inputs[0].type.dtype, inputs[1].type.shape};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return element_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    find_element_places(step.inputs[1], x.shape(), checked_axis("axis", axis_, x.rank()), places,
                        execution);
    gather_runs(x.data, places, element_count(step.outputs[0].shape()), dtype_bytes(x.type.dtype),
                step.outputs[0].data, execution);
  }

 private:
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_gather_elements(const OpRequest& request) {
  expect_inputs(request, {"x", "indices"});
  request.attributes.allow_only({"axis"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<GatherElementsOp>(
      request.attributes.integer_or("axis", 0, -kRank, kRank - 1));
}

}  // namespace fourfold
