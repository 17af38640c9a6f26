// concat: the inputs one behind the other along an axis.
//
// Inputs      x0 .. xn, at least one, of any type, the same for all; sizes differ along `axis` only.
// Attributes  axis: from -rank to rank - 1.
// As ONNX Concat.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ConcatOp final : public Op {
 public:
  ConcatOp(std::size_t inputs, std::int64_t axis) : inputs_(inputs), axis_(axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    outputs[0] = inputs[0].type;
    Shape& shape = outputs[0].shape;
    const std::size_t axis = checked_axis("axis", axis_, shape.rank());
    std::int64_t size = 0;
    for (std::size_t i = 0; i < inputs_; ++i) {
      const TensorType& type = inputs[i].type;
      Shape expected = inputs[0].type.shape;
      if (type.shape.rank() == expected.rank()) expected.set(axis, type.shape[axis]);
      expect_type(join_text("input ", i).c_str(), type, {outputs[0].dtype, expected});
      size += type.shape[axis];
      shape.set(axis, size);
      element_count(shape);  // refuses before a sum of sizes can overflow
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& y = step.outputs[0];
    const std::size_t axis = checked_axis("axis", axis_, y.rank());
    const std::size_t bytes = dtype_bytes(y.type.dtype);
    Layout to = layout_of(y);
    for (std::size_t i = 0; i < inputs_; ++i) {
      const Tensor& x = step.inputs[i];
      copy_box(x.shape(), bytes, layout_of(x), to, execution);
      move_along(to, axis, x.type.shape[axis], bytes);
    }
  }

 private:
  const std::size_t inputs_;
  const std::int64_t axis_;
};

}  // namespace

std::unique_ptr<Op> make_concat(const OpRequest& request) {
  if (request.inputs.empty()) refuse_value("expected at least one input, received none");
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    if (!request.inputs[i].present) refuse_value("input ", i, ": expected a value, not none");
  }
  request.attributes.allow_only({"axis"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<ConcatOp>(request.inputs.size(),
                                    request.attributes.integer("axis", -kRank, kRank - 1));
}

}  // namespace fourfold
