// scatter_nd: y = x, but y[indices[i.., :].., :] = updates[i.., :]: slices written where vectors of
// indices point to.
//
// Inputs      x of any type; indices int32 or int64 of rank 1 or more, vectors along the last axis,
//             each index from -size to size - 1 for an axis of that size; updates of x's type, the
//             shape of x at these vectors.
// Attributes  reduction: none (the last update of an element wins), add, mul, min or max with what
//             is there; "none".
// As ONNX ScatterND.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/scatter.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ScatterNdOp final : public Op {
 public:
  explicit ScatterNdOp(Scatter reduction) : reduction_(reduction) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    expect_scatter_type(reduction_, x.dtype);
    const Shape picked = expect_vector_indices(inputs[1].type, x.shape, 0);
    expect_type("updates", inputs[2].type, {x.dtype, picked});
    outputs[0] = x;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return vector_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution&) const override {
    const std::size_t count = vector_count(step.inputs[1].shape());
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    find_vector_places(step.inputs[1], step.inputs[0].shape(), 0, places);
    copy_bytes(step.inputs[0], step.outputs[0]);
    if (count == 0) return;
    const std::size_t run = element_count(step.inputs[2].shape()) / count;
    scatter_runs(reduction_, step.inputs[2], places, count, run, step.outputs[0]);
  }

 private:
  const Scatter reduction_;
};

}  // namespace

std::unique_ptr<Op> make_scatter_nd(const OpRequest& request) {
  expect_inputs(request, {"x", "indices", "updates"});
  request.attributes.allow_only({"reduction"});
  return std::make_unique<ScatterNdOp>(
      scatter_named(request.attributes.text_or("reduction", "none")));
}

}  // namespace fourfold
