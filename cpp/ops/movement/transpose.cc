// transpose: y's axis i is x's axis perm[i].
//
// Inputs      x of any type.
// Attributes  perm: a permutation of x's axes; absent: the axes in reverse.
// As ONNX Transpose.
#include <memory>
#include <optional>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

using Permutation = Attributes::Integers;

class TransposeOp final : public Op {
 public:
  explicit TransposeOp(std::optional<Permutation> perm) : perm_(std::move(perm)) {}

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& from = inputs[0].type.shape;
    if (perm_ && perm_->size() != from.rank()) {
      refuse_value("perm: expected ", from.rank(), " axes as x ", shape_text(from),
                   " has, received ", perm_->size());
    }
    outputs[0] = {inputs[0].type.dtype, {}};
    for (std::size_t axis = 0; axis < from.rank(); ++axis)
      outputs[0].shape.append(from[source_axis(axis, from.rank())]);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const Strides strides = contiguous_strides(x.shape());
    Layout from = layout_of(x);
    for (std::size_t axis = 0; axis < y.rank(); ++axis)
      from.strides[axis] = strides[source_axis(axis, y.rank())];
    copy_box(y.shape(), dtype_bytes(x.type.dtype), from, layout_of(y), execution);
  }

 private:
  std::size_t source_axis(std::size_t axis, std::size_t rank) const {
    return perm_ ? static_cast<std::size_t>((*perm_)[axis]) : rank - 1 - axis;
  }

  const std::optional<Permutation> perm_;
};

}  // namespace

std::unique_ptr<Op> make_transpose(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"perm"});
  if (!request.attributes.has("perm")) return std::make_unique<TransposeOp>(std::nullopt);
  const Permutation perm = request.attributes.integers("perm");
  std::vector<bool> listed(perm.size(), false);
  for (const std::int64_t axis : perm) {
    const bool fits = axis >= 0 && static_cast<std::size_t>(axis) < perm.size();
    if (!fits || listed[static_cast<std::size_t>(axis)]) {
      refuse_value("perm: expected each axis from 0 to ", perm.size(), " - 1 once, received ",
                   axis);
    }
    listed[static_cast<std::size_t>(axis)] = true;
  }
  return std::make_unique<TransposeOp>(perm);
}

}  // namespace fourfold
