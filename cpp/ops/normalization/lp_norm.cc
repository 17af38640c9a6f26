// lp_norm: y = x / norm(x) along an axis; where the norm is 0, x stays.
//
//   p = 1   sum |x|         p = 2   sqrt(sum x^2)
//
// Along the last axis sums are ordered as in kernels/normalize, along any other from first to last.
//
// Inputs      x float32 of at least one dimension.
// Attributes  axis (-1), p (2).
// As ONNX LpNormalization.
#include <cmath>
#include <memory>

#include "kernels/normalize/normalize.h"
#include "ops/axis_split.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class LpNormOp final : public Op {
 public:
  LpNormOp(std::int64_t axis, bool squares) : axis_(axis), squares_(squares) {}

  bool row_wise() const override { return axis_ == -1 || axis_ > 0; }

  bool infers_any_size() const override { return true; }

  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_rows("x", inputs[0].type);
    checked_axis("axis", axis_, inputs[0].rank());
    outputs[0] = inputs[0].type;
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    const AxisSplit split = split_of(inputs[0]);
    return split.inner == 1 ? 0 : split.outer * split.inner * sizeof(float);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const AxisSplit split = split_of(step.inputs[0]);
    const float* x = step.inputs[0].f32();
    float* y = step.outputs[0].f32_out();
    const NormalizeKernels& kernels = normalize_kernels(execution.isa);
    const std::size_t slice = split.size * split.inner;
    share_out(split.outer, slice, execution, [&](Range range) {
      if (split.inner == 1) {
        const std::size_t start = range.begin * slice;
        const auto normalize = squares_ ? kernels.l2_norm : kernels.l1_norm;
        normalize({x + start, slice, y + start, slice, range.size(), slice});
        return;
      }
      for (std::size_t i = range.begin; i < range.end; ++i) {
        float* norms = reinterpret_cast<float*>(step.scratch) + i * split.inner;
        sum(x + i * slice, split, norms);
        divide(x + i * slice, split, norms, y + i * slice);
      }
    });
  }

 private:
  AxisSplit split_of(const Tensor& x) const {
    return split_at_axis(x.shape(), checked_axis("axis", axis_, x.rank()));
  }

  // The norms of one slice [size, inner], or 1 for those that are 0.
  void sum(const float* x, const AxisSplit& split, float* norms) const {
    for (std::size_t k = 0; k < split.inner; ++k)
      norms[k] = 0.0f;
    for (std::size_t i = 0; i < split.size; ++i, x += split.inner) {
      for (std::size_t k = 0; k < split.inner; ++k)
        norms[k] += squares_ ? x[k] * x[k] : std::fabs(x[k]);
    }
    for (std::size_t k = 0; k < split.inner; ++k) {
      const float norm = squares_ ? std::sqrt(norms[k]) : norms[k];
      norms[k] = norm == 0.0f ? 1.0f : norm;
    }
  }

  static void divide(const float* x, const AxisSplit& split, const float* norms, float* y) {
    for (std::size_t i = 0; i < split.size; ++i, x += split.inner, y += split.inner) {
      for (std::size_t k = 0; k < split.inner; ++k)
        y[k] = x[k] / norms[k];
    }
  }

  const std::int64_t axis_;
  const bool squares_;
};

}  // namespace

std::unique_ptr<Op> make_lp_norm(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"axis", "p"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  const std::int64_t axis = request.attributes.integer_or("axis", -1, -kRank, kRank - 1);
  return std::make_unique<LpNormOp>(axis, request.attributes.integer_or("p", 2, 1, 2) == 2);
}

}  // namespace fourfold
