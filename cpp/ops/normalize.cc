// normalize: y = x / norm(x) along the last axis; a row whose norm is 0 stays as it is.
//
//   l1   sum |x|         l2   sqrt(sum x^2)         max   max |x|
//
// The order of sums, NaN and Inf are as in kernels/normalize.
//
// Inputs      x float32 [..., K].
// Attributes  norm: "l1", "l2" or "max".
#include "kernels/normalize/normalize.h"

#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

using NormKernel = void (*NormalizeKernels::*)(const NormalizeBlock&);

NormKernel norm_named(const std::string& name) {
  if (name == "l1") return &NormalizeKernels::l1_norm;
  if (name == "l2") return &NormalizeKernels::l2_norm;
  if (name == "max") return &NormalizeKernels::max_norm;
  refuse_value("norm: expected one of l1, l2, max; received '", name, "'");
}

class NormalizeOp final : public Op {
 public:
  explicit NormalizeOp(NormKernel norm) : norm_(norm) {}

  bool row_wise() const override { return true; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_rows("x", inputs[0].type);
    outputs[0] = inputs[0].type;
  }

  std::size_t overwritable_inputs() const override { return 1; }

  void run(const StepData& step, const Execution& execution) const override {
    const Shape& shape = step.inputs[0].type.shape;
    const std::size_t columns = static_cast<std::size_t>(shape.last());
    const auto normalize = normalize_kernels(execution.isa).*norm_;
    const float* x = step.inputs[0].f32();
    float* y = step.outputs[0].f32_out();
    share_out(element_count(shape) / columns, columns, execution, [&](Range rows) {
      const std::size_t start = rows.begin * columns;
      normalize({x + start, columns, y + start, columns, rows.end - rows.begin, columns});
    });
  }

 private:
  const NormKernel norm_;
};

}  // namespace

std::unique_ptr<Op> make_normalize(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"norm"});
  return std::make_unique<NormalizeOp>(norm_named(request.attributes.text("norm")));
}

}  // namespace fourfold
