// gather_nd: y[b.., i.., :] = x[b.., indices[b.., i.., :].., :], the slices of x that vectors of
// indices point to.
//
// Inputs      x of any type; indices int32 or int64 of rank 1 or more, vectors along the last axis,
//             each index from -size to size - 1 for an axis of that size.
// Attributes  batch_dims (0): so many first axes (b) are the same in both.
// As ONNX GatherND.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class GatherNdOp final : public Op {
 public:
  explicit GatherNdOp(std::size_t batch_dims) : batch_dims_(batch_dims) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = {inputs[0].type.dtype,
                  expect_vector_indices(inputs[1].type, inputs[0].type.shape, batch_dims_)};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return vector_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    find_vector_places(step.inputs[1], x.shape(), batch_dims_, places);
    const std::size_t count = vector_count(step.inputs[1].shape());
    gather_runs(x.data, places, count, byte_count(y.type) / count, y.data, execution);
  }

 private:
  const std::size_t batch_dims_;
};

}  // namespace

std::unique_ptr<Op> make_gather_nd(const OpRequest& request) {
  expect_inputs(request, {"x", "indices"});
  request.attributes.allow_only({"batch_dims"});
  return std::make_unique<GatherNdOp>(
      static_cast<std::size_t>(request.attributes.integer_or("batch_dims", 0, 0, kMaxRank - 1)));
}

}  // namespace fourfold
