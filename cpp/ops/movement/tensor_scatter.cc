// tensor_scatter: y = x, but from place starts[b] on along an axis, of row b of the batch, updates:
// new keys and values into a cache.
//
// Inputs      x of any type [batch, .., size, ..]; updates alike, at most as long along the axis;
//             starts? int64 [batch], absent: 0.
// Attributes  axis (-2), not that of the batch; mode: linear (all updates must fit) or circular
//             (what goes beyond the end goes on at the beginning), "linear".
// As ONNX TensorScatter.
#include <algorithm>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class TensorScatterOp final : public Op {
 public:
  TensorScatterOp(std::int64_t axis, bool circular) : axis_(axis), circular_(circular) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const std::size_t axis = checked_axis("axis", axis_, x.shape.rank());
    if (axis == 0) refuse_value("axis: expected another than that of the batch, received ", axis_);
    Shape expected = x.shape;
    const Shape& given = inputs[1].type.shape;
    if (given.rank() == expected.rank()) expected.set(axis, std::min(given[axis], x.shape[axis]));
    expect_type("updates", inputs[1].type, {x.dtype, expected});
    if (inputs[2].present) {
      expect_type("starts", inputs[2].type, {DType::kS64, {x.shape[0]}});
    }
    outputs[0] = x;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& updates = step.inputs[1];
    const std::size_t axis = checked_axis("axis", axis_, updates.rank());
    for (std::size_t b = 0; step.inputs[2].present && b < updates.size(0); ++b)
      check_start(step, axis, step.inputs[2].values<std::int64_t>()[b]);
    copy_bytes(step.inputs[0], step.outputs[0]);
    for (std::size_t b = 0; b < updates.size(0); ++b)
      write_row(step, axis, b, execution);
  }

 private:
  void check_start(const StepData& step, std::size_t axis, std::int64_t start) const {
    const std::int64_t size = step.inputs[0].type.shape[axis];
    const std::int64_t count = step.inputs[1].type.shape[axis];
    const std::int64_t most = circular_ ? size - 1 : size - count;
    if (start >= 0 && start <= most) return;
    refuse_value("starts: expected 0 to ", most, " for ", count, " updates of an axis of size ",
                 size, ", received ", start);
  }

  // Up to the end, then, where it is circular, from the beginning.
  static void write_row(const StepData& step, std::size_t axis, std::size_t b,
                        const Execution& execution) {
    const Tensor& updates = step.inputs[1];
    const Tensor& y = step.outputs[0];
    const std::size_t bytes = dtype_bytes(y.type.dtype);
    const std::int64_t count = updates.type.shape[axis];
    const std::int64_t start =
        step.inputs[2].present ? step.inputs[2].values<std::int64_t>()[b] : 0;
    const std::int64_t first = std::min(count, y.type.shape[axis] - start);
    Layout from = layout_of(updates), to = layout_of(y);
    move_along(from, 0, static_cast<std::ptrdiff_t>(b), bytes);
    move_along(to, 0, static_cast<std::ptrdiff_t>(b), bytes);
    Shape sizes = updates.shape();
    sizes.set(0, 1);
    Layout place = to;
    move_along(place, axis, start, bytes);
    sizes.set(axis, first);
    copy_box(sizes, bytes, from, place, execution);
    move_along(from, axis, first, bytes);
    sizes.set(axis, count - first);
    copy_box(sizes, bytes, from, to, execution);
  }

  const std::int64_t axis_;
  const bool circular_;
};

}  // namespace

std::unique_ptr<Op> make_tensor_scatter(const OpRequest& request) {
  expect_inputs(request, {"x", "updates", "starts"}, 2);
  request.attributes.allow_only({"axis", "mode"});
  const std::string mode = request.attributes.text_or("mode", "linear");
  if (mode != "linear" && mode != "circular") {
    refuse_value("mode: expected one of linear, circular; received '", mode, "'");
  }
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<TensorScatterOp>(
      request.attributes.integer_or("axis", -2, -kRank, kRank - 1), mode == "circular");
}

}  // namespace fourfold
