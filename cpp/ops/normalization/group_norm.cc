// group_norm, instance_norm: each image's channels, in groups, to mean 0 and variance 1.
//
//   y = fma(x, s, bias - mean s), s = scale / sqrt(variance + epsilon)
//
// mean and variance are of all values of a group of one image, in two passes (kernels/reduce); scale
// and bias are the channel's. instance_norm: each channel is a group.
//
// Inputs      x float32 [N, C, ...]; scale, bias float32 [C].
// Attributes  epsilon (1e-5); group_norm: groups, which divides C.
// As in ONNX.
#include <cmath>
#include <memory>

#include "base/check.h"
#include "kernels/normalize/normalize.h"
#include "kernels/reduce/reduce.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/normalization/channels.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class GroupNormOp final : public Op {
 public:
  GroupNormOp(std::int64_t groups, float epsilon, bool constants)
      : groups_(groups), epsilon_(epsilon), constants_(constants) {}

  bool row_wise() const override { return constants_; }

  bool infers_any_size() const override { return true; }

  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_channels(inputs, {"scale", "bias"});
    const Shape& x = inputs[0].type.shape;
    if (groups_ != kEachChannel && x[1] != kAnySize && x[1] % groups_ != 0) {
      refuse_value("x: expected channels in ", groups_, " groups, received ", shape_text(x));
    }
    outputs[0] = inputs[0].type;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const AxisSplit split = split_at_axis(step.inputs[0].shape(), 1);
    const std::size_t groups =
        groups_ == kEachChannel ? split.size : static_cast<std::size_t>(groups_);
    const std::size_t channels = split.size / groups;
    share_out(split.outer * groups, channels * split.inner, execution, [&](Range range) {
      for (std::size_t group = range.begin; group < range.end; ++group) {
        normalize(step, group * channels, {channels, split.inner}, group % groups * channels,
                  execution.isa);
      }
    });
  }

  static constexpr std::int64_t kEachChannel = 0;

 private:
  struct GroupSize {
    std::size_t channels;
    std::size_t columns;
  };

  // The group whose rows of x begin with `row`, and whose channels with `channel`.
  void normalize(const StepData& step, std::size_t row, GroupSize size, std::size_t channel,
                 Isa isa) const {
    const float* x = step.inputs[0].f32() + row * size.columns;
    float* y = step.outputs[0].f32_out() + row * size.columns;
    const Moments moments = reduce_kernels(isa).moments(x, size.channels * size.columns);
    const float inverse = 1.0f / std::sqrt(moments.variance + epsilon_);
    const auto affine = normalize_kernels(isa).affine_rows;
    for (std::size_t i = 0; i < size.channels; ++i) {
      const float scale = step.inputs[1].f32()[channel + i] * inverse;
      const float shift = step.inputs[2].f32()[channel + i] - moments.mean * scale;
      const std::size_t start = i * size.columns;
      affine({{x + start, size.columns, y + start, size.columns, 1, size.columns}, &scale, &shift});
    }
  }

  const std::int64_t groups_;
  const float epsilon_;
  const bool constants_;
};

std::unique_ptr<Op> make(const OpRequest& request, std::int64_t groups) {
  expect_inputs(request, {"x", "scale", "bias"});
  return std::make_unique<GroupNormOp>(
      groups, request.attributes.number_or("epsilon", 1e-5f),
      request.inputs[1].constant != nullptr && request.inputs[2].constant != nullptr);
}

}  // namespace

std::unique_ptr<Op> make_instance_norm(const OpRequest& request) {
  request.attributes.allow_only({"epsilon"});
  return make(request, GroupNormOp::kEachChannel);
}

std::unique_ptr<Op> make_group_norm(const OpRequest& request) {
  request.attributes.allow_only({"groups", "epsilon"});
  return make(request, static_cast<std::int64_t>(request.attributes.size("groups", kMaxColumns)));
}

}  // namespace fourfold
