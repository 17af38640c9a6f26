// reverse_sequence: of each row b of the batch, the first lengths[b] places in time in reverse; the
// others stay.
//
// Inputs      x of any type, of rank 2 or more; lengths int64 [batch], from 0 to the size of the
//             time axis.
// Attributes  batch_axis (1), time_axis (0): one is 0 and the other 1.
// As ONNX ReverseSequence.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/movement/strided_copy.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

class ReverseSequenceOp final : public Op {
 public:
  explicit ReverseSequenceOp(std::size_t batch_axis) : batch_(batch_axis), time_(1 - batch_axis) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& shape = inputs[0].type.shape;
    if (shape.rank() < 2) {
      refuse_value("x: expected two dimensions or more, received ", shape_text(shape));
    }
    expect_type("lengths", inputs[1].type, {DType::kS64, {shape[batch_]}});
    outputs[0] = inputs[0].type;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const auto size = x.type.shape[time_];
    const auto* lengths = step.inputs[1].values<std::int64_t>();
    for (std::size_t b = 0; b < x.size(batch_); ++b) {
      if (lengths[b] < 0 || lengths[b] > size) {
        refuse_value("lengths: expected 0 to ", size, ", received ", lengths[b]);
      }
      copy_times(step, b, {0, lengths[b]}, true, execution);
      copy_times(step, b, {lengths[b], size}, false, execution);
    }
  }

 private:
  struct Times {
    std::int64_t begin;
    std::int64_t end;
  };

  void copy_times(const StepData& step, std::size_t b, Times times, bool backwards,
                  const Execution& execution) const {
    const Tensor& x = step.inputs[0];
    const std::size_t bytes = dtype_bytes(x.type.dtype);
    Layout from = layout_of(x), to = layout_of(step.outputs[0]);
    move_along(from, batch_, static_cast<std::ptrdiff_t>(b), bytes);
    move_along(to, batch_, static_cast<std::ptrdiff_t>(b), bytes);
    move_along(from, time_, backwards ? times.end - 1 : times.begin, bytes);
    move_along(to, time_, times.begin, bytes);
    if (backwards) from.strides[time_] = -from.strides[time_];
    Shape sizes = x.shape();
    sizes.set(batch_, 1);
    sizes.set(time_, times.end - times.begin);
    copy_box(sizes, bytes, from, to, execution);
  }

  const std::size_t batch_;
  const std::size_t time_;
};

}  // namespace

std::unique_ptr<Op> make_reverse_sequence(const OpRequest& request) {
  expect_inputs(request, {"x", "lengths"});
  request.attributes.allow_only({"batch_axis", "time_axis"});
  const std::int64_t batch = request.attributes.integer_or("batch_axis", 1, 0, 1);
  const std::int64_t time = request.attributes.integer_or("time_axis", 0, 0, 1);
  if (batch == time) refuse_value("time_axis: expected another than batch_axis, ", batch);
  return std::make_unique<ReverseSequenceOp>(static_cast<std::size_t>(batch));
}

}  // namespace fourfold
