// scatter_elements: y = x, but y[i, indices[i, j, k], k] = updates[i, j, k], here for axis 1.
//
// Inputs      x of any type, of rank 1 or more; indices int32 or int64 of the same rank, no larger
//             than x along the other axes, from -size to size - 1 for an axis of that size;
//             updates of x's type and the shape of indices.
// Attributes  axis (0); reduction: none (the last update of an element wins), add, mul, min or max
//             with what is there; "none".
// As ONNX ScatterElements.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/scatter.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ScatterElementsOp final : public Op {
 public:
  ScatterElementsOp(std::int64_t axis, Scatter reduction) : axis_(axis), reduction_(reduction) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    expect_scatter_type(reduction_, x.dtype);
    expect_element_indices(inputs[1].type, x.shape, checked_axis("axis", axis_, x.shape.rank()));
    expect_type("updates", inputs[2].type, {x.dtype, inputs[1].type.shape});
    outputs[0] = x;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return element_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t count = element_count(step.inputs[1].shape());
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    if (count > 0) {
      find_element_places(step.inputs[1], x.shape(), checked_axis("axis", axis_, x.rank()), places,
                          execution);
    }
    copy_bytes(x, step.outputs[0]);
    scatter_runs(reduction_, step.inputs[2], places, count, 1, step.outputs[0]);
  }

 private:
  const std::int64_t axis_;
  const Scatter reduction_;
};

}  // namespace

std::unique_ptr<Op> make_scatter_elements(const OpRequest& request) {
  expect_inputs(request, {"x", "indices", "updates"});
  request.attributes.allow_only({"axis", "reduction"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<ScatterElementsOp>(
      request.attributes.integer_or("axis", 0, -kRank, kRank - 1),
      scatter_named(request.attributes.text_or("reduction", "none")));
}

}  // namespace fourfold
