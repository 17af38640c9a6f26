// unique: the different elements of x, or the different slices along an axis.
//
// Inputs      x of any type. Outputs y, what is different; indices int64 [n], where each of them
//             comes first in x; inverse int64 [elements or slices of x], which of them each is;
//             counts int64 [n], how many of each there are.
// Attributes  axis; absent: x is taken as a vector; sorted (1): in ascending order, slices by their
//             first different element, else in the order in which they come first.
// As ONNX Unique. -0 equals 0; NaNs equal each other and come last.
#include <memory>
#include <optional>

#include "ops/checks.h"
#include "ops/movement/distinct.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class UniqueOp final : public Op {
 public:
  UniqueOp(std::optional<std::int64_t> axis, bool sorted) : axis_(axis), sorted_(sorted) {}

  std::size_t outputs() const override { return 4; }
  InputSet needed_values() const override { return kAllInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType type = taken(inputs[0].type);
    const std::size_t axis = axis_taken(type.shape);
    const Distinct distinct = find_distinct({type, inputs[0].data}, axis, sorted_);
    const auto count = static_cast<std::int64_t>(distinct.first.size());
    outputs[0] = type;
    outputs[0].shape.set(axis, count);
    outputs[1] = outputs[3] = {DType::kS64, {count}};
    outputs[2] = {DType::kS64, {type.shape[axis]}};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor x = {taken(step.inputs[0].type), step.inputs[0].data};
    const std::size_t axis = axis_taken(x.shape());
    const Distinct distinct = find_distinct(x, axis, sorted_);
    std::copy(distinct.first.begin(), distinct.first.end(),
              step.outputs[1].values_out<std::int64_t>());
    std::copy(distinct.inverse.begin(), distinct.inverse.end(),
              step.outputs[2].values_out<std::int64_t>());
    std::copy(distinct.counts.begin(), distinct.counts.end(),
              step.outputs[3].values_out<std::int64_t>());

    const std::size_t bytes = dtype_bytes(x.type.dtype);
    Shape slice = x.shape();
    slice.set(axis, 1);
    for (std::size_t i = 0; i < distinct.first.size(); ++i) {
      Layout from = layout_of(x), to = layout_of(step.outputs[0]);
      move_along(from, axis, distinct.first[i], bytes);
      move_along(to, axis, static_cast<std::ptrdiff_t>(i), bytes);
      copy_box(slice, bytes, from, to, execution);
    }
  }

 private:
  TensorType taken(const TensorType& x) const {
    if (axis_) return x;
    return {x.dtype, {static_cast<std::int64_t>(element_count(x.shape))}};
  }
  std::size_t axis_taken(const Shape& shape) const {
    return checked_axis("axis", axis_.value_or(0), shape.rank());
  }

  const std::optional<std::int64_t> axis_;
  const bool sorted_;
};

}  // namespace

std::unique_ptr<Op> make_unique(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"axis", "sorted"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  std::optional<std::int64_t> axis;
  if (request.attributes.has("axis")) axis = request.attributes.integer("axis", -kRank, kRank - 1);
  return std::make_unique<UniqueOp>(axis, request.attributes.flag_or("sorted", true));
}

}  // namespace fourfold
