// slice: every step-th element from start to end, end excluded, along some of the axes.
//
// Inputs      x of any type; starts, ends int64 [n]: negative ones count from the end of the axis,
//             all are clamped to it; axes? int64 [n], absent: the first n; steps? int64 [n], not 0,
//             negative ones walk backwards, absent: 1.
// Attributes  none.
// As ONNX Slice.
#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

struct Walk {
  std::int64_t first;
  std::int64_t step;
  std::int64_t count;
};
using Walks = std::array<Walk, kMaxRank>;

Walk clamped_walk(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
  if (size == 0) return {0, 0, 0};
  const bool forward = step > 0;
  const std::int64_t low = forward ? 0 : -1, high = forward ? size : size - 1;
  const std::int64_t first = std::clamp<std::int64_t>(start < 0 ? start + size : start, 0, high);
  const std::int64_t past = std::clamp(end < 0 ? end + size : end, low, high);
  const std::int64_t span = forward ? past - first : first - past;
  if (span <= 0) return {0, 0, 0};
  // A step over the whole axis is never taken, and may be too large to multiply by a stride.
  if (step >= size || step <= -size) return {first, 0, 1};
  return {first, step, (span - 1) / (forward ? step : -step) + 1};
}

void expect_as_many(const char* name, std::size_t received, std::size_t expected) {
  if (received == expected) return;
  refuse_value(name, ": expected ", expected, " values as starts has, received ", received);
}

Walks walks_of(const Tensor* inputs) {
  const Shape& shape = inputs[0].type.shape;
  const std::vector<std::int64_t> starts = expect_integers("starts", inputs[1]);
  const std::vector<std::int64_t> ends = expect_integers("ends", inputs[2]);
  std::vector<std::int64_t> axes, steps(starts.size(), 1);
  for (std::size_t i = 0; i < starts.size(); ++i)
    axes.push_back(static_cast<std::int64_t>(i));
  if (inputs[3].present) axes = expect_integers("axes", inputs[3]);
  if (inputs[4].present) steps = expect_integers("steps", inputs[4]);
  expect_as_many("ends", ends.size(), starts.size());
  expect_as_many("axes", axes.size(), starts.size());
  expect_as_many("steps", steps.size(), starts.size());

  Walks walks{};
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    walks[axis] = {0, 1, shape[axis]};
  std::array<bool, kMaxRank> listed{};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = checked_axis("axes", axes[i], shape.rank());
    if (listed[axis]) refuse_value("axes: expected each axis once, received ", axes[i], " again");
    if (steps[i] == 0) refuse_value("steps: expected other steps than 0, received 0");
    listed[axis] = true;
    walks[axis] = clamped_walk(shape[axis], starts[i], ends[i], steps[i]);
  }
  return walks;
}

class SliceOp final : public Op {
 public:
  InputSet needed_values() const override { return input_set({1, 2, 3, 4}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Walks walks = walks_of(inputs);
    outputs[0] = inputs[0].type;
    for (std::size_t axis = 0; axis < inputs[0].rank(); ++axis)
      outputs[0].shape.set(axis, walks[axis].count);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    const std::size_t bytes = dtype_bytes(x.type.dtype);
    const Walks walks = walks_of(step.inputs);
    Layout from = layout_of(x);
    for (std::size_t axis = 0; axis < x.rank(); ++axis) {
      move_along(from, axis, walks[axis].first, bytes);
      from.strides[axis] *= walks[axis].step;
    }
    copy_box(y.shape(), bytes, from, layout_of(y), execution);
  }
};

}  // namespace

std::unique_ptr<Op> make_slice(const OpRequest& request) {
  expect_inputs(request, {"x", "starts", "ends", "axes", "steps"}, 3);
  request.attributes.allow_only({});
  return std::make_unique<SliceOp>();
}

}  // namespace fourfold
