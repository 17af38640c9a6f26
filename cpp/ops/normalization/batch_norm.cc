// batch_norm: each channel by statistics that are given, as at inference.
//
//   y = fma(x, s, bias - mean s), s = scale / sqrt(variance + epsilon)
//
// Inputs      x float32 [N, C, ...]; scale, bias, mean, variance float32 [C].
// Attributes  epsilon (1e-5).
// As in ONNX.
#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/normalize/normalize.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/normalization/channels.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// What a channel is multiplied with, and what is then added.
struct Maps {
  float* scale;
  float* shift;
};

class BatchNormOp final : public Op {
 public:
  BatchNormOp(float epsilon, bool constants) : epsilon_(epsilon), constants_(constants) {}

  bool row_wise() const override { return constants_; }

  bool infers_any_size() const override { return true; }

  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_channels(inputs, {"scale", "bias", "mean", "variance"});
    outputs[0] = inputs[0].type;
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return 2 * inputs[0].size(1) * sizeof(float);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const AxisSplit split = split_at_axis(step.inputs[0].shape(), 1);
    const Maps maps = make_maps(step, split.size);
    const NormalizeKernels& kernels = normalize_kernels(execution.isa);
    if (split.inner == 1) {
      share_out(split.outer, split.size, execution, [&](Range rows) {
        kernels.affine_columns({block_of(step, rows, split.size), maps.scale, maps.shift});
      });
      return;
    }
    share_out(split.outer * split.size, split.inner, execution, [&](Range range) {
      for (std::size_t row = range.begin; row < range.end;) {
        const std::size_t channel = row % split.size;
        const Range rows = {row, std::min(range.end, row + split.size - channel)};
        kernels.affine_rows(
            {block_of(step, rows, split.inner), maps.scale + channel, maps.shift + channel});
        row = rows.end;
      }
    });
  }

 private:
  static NormalizeBlock block_of(const StepData& step, Range rows, std::size_t columns) {
    const std::size_t start = rows.begin * columns;
    return {step.inputs[0].f32() + start,
            columns,
            step.outputs[0].f32_out() + start,
            columns,
            rows.size(),
            columns};
  }

  Maps make_maps(const StepData& step, std::size_t channels) const {
    auto* memory = reinterpret_cast<float*>(step.scratch);
    const Maps maps = {memory, memory + channels};
    const Tensor* inputs = step.inputs;
    for (std::size_t c = 0; c < channels; ++c) {
      maps.scale[c] = inputs[1].f32()[c] / std::sqrt(inputs[4].f32()[c] + epsilon_);
      maps.shift[c] = inputs[2].f32()[c] - inputs[3].f32()[c] * maps.scale[c];
    }
    return maps;
  }

  const float epsilon_;
  const bool constants_;
};

}  // namespace

std::unique_ptr<Op> make_batch_norm(const OpRequest& request) {
  expect_inputs(request, {"x", "scale", "bias", "mean", "variance"});
  request.attributes.allow_only({"epsilon"});
  const bool constants =
      std::all_of(request.inputs.begin() + 1, request.inputs.end(),
                  [](const OpInput& input) { return input.constant != nullptr; });
  return std::make_unique<BatchNormOp>(request.attributes.number_or("epsilon", 1e-5f), constants);
}

}  // namespace fourfold
