// gather: y[.., i.., ..] = x[.., indices[i..], ..], the slices of x along an axis that are listed.
//
// Inputs      x of any type, of rank 1 or more; indices int32 or int64 of any shape, from -size to
//             size - 1 for an axis of that size.
// Attributes  axis (0).
// As ONNX Gather.
#include <memory>

#include "ops/checks.h"
#include "ops/movement/indices.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class GatherOp final : public Op {
 public:
  explicit GatherOp(std::int64_t axis) : axis_(axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    const std::size_t axis = checked_axis("axis", axis_, from.rank());
    expect_indices(inputs[1].type);
    outputs[0] = {inputs[0].type.dtype, {}};
    Shape& to = outputs[0].shape;
    for (std::size_t k = 0; k < axis; ++k)
      to.append(from[k]);
    for (std::size_t k = 0; k < inputs[1].rank(); ++k)
      to.append(inputs[1].type.shape[k]);
    for (std::size_t k = axis + 1; k < from.rank(); ++k)
      to.append(from[k]);
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return element_count(inputs[1].type.shape) * sizeof(std::int64_t);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t axis = checked_axis("axis", axis_, x.rank());
    auto* places = reinterpret_cast<std::int64_t*>(step.scratch);
    find_places(step.inputs[1], x.size(axis), places);

    const std::size_t count = element_count(step.inputs[1].shape());
    std::size_t outer = 1, run_bytes = dtype_bytes(x.type.dtype);
    for (std::size_t k = 0; k < x.rank(); ++k) {
      if (k < axis) outer *= x.size(k);
      if (k > axis) run_bytes *= x.size(k);
    }
    for (std::size_t i = 0; i < outer; ++i) {
      gather_runs(x.values<std::byte>() + i * x.size(axis) * run_bytes, places, count, run_bytes,
                  step.outputs[0].values_out<std::byte>() + i * count * run_bytes, execution);
    }
  }

 private:
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_gather(const OpRequest& request) {
  expect_inputs(request, {"x", "indices"});
  request.attributes.allow_only({"axis"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<GatherOp>(request.attributes.integer_or("axis", 0, -kRank, kRank - 1));
}

}  // namespace fourfold
