// normalize: y = x / norm(x) along the last axis; a row whose norm is 0 stays as it is.
//
//   l1   sum |x|         l2   sqrt(sum x^2)         max   max |x|
//
// Sums run over 32 virtual lanes, folded 16, 8, 4, 2, 1, as in kernels/reduce.
// A NaN makes its row NaN.
//
// Inputs      x float32 [..., K].
// Attributes  norm: "l1", "l2" or "max".
#include <cmath>
#include <memory>

#include "base/check.h"
#include "kernels/reduce/reduce.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

enum class Norm { kL1, kL2, kMax };

Norm norm_named(const std::string& name) {
  if (name == "l1") return Norm::kL1;
  if (name == "l2") return Norm::kL2;
  if (name == "max") return Norm::kMax;
  refuse_value("norm: expected one of l1, l2, max; received '", name, "'");
}

template <class Term>
float sum_in_lanes(const float* x, std::size_t count, const Term& term) {
  constexpr std::size_t kLanes = 32;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] += term(x[i + lane]);
  }
  for (std::size_t lane = 0; i < count; ++i, ++lane)
    lanes[lane] += term(x[i]);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t lane = 0; lane < half; ++lane)
      lanes[lane] += lanes[lane + half];
  }
  return lanes[0];
}

float norm_of(Norm norm, const float* x, std::size_t count, const ReduceKernels& reduce) {
  switch (norm) {
    case Norm::kL1:
      return sum_in_lanes(x, count, [](float value) { return std::fabs(value); });
    case Norm::kL2:
      return std::sqrt(sum_in_lanes(x, count, [](float value) { return value * value; }));
    case Norm::kMax:
      break;
  }
  return reduce.absmax(x, count);
}

class NormalizeOp final : public Op {
 public:
  explicit NormalizeOp(Norm norm) : norm_(norm) {}

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
    const ReduceKernels& reduce = reduce_kernels(execution.isa);
    share_out(element_count(shape) / columns, columns, execution, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        const float* x = step.inputs[0].f32() + row * columns;
        float* y = step.outputs[0].f32_out() + row * columns;
        const float norm = norm_of(norm_, x, columns, reduce);
        const float divisor = norm == 0.0f ? 1.0f : norm;
        for (std::size_t k = 0; k < columns; ++k)
          y[k] = x[k] / divisor;
      }
    });
  }

 private:
  const Norm norm_;
};

}  // namespace

std::unique_ptr<Op> make_normalize(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"norm"});
  return std::make_unique<NormalizeOp>(norm_named(request.attributes.text("norm")));
}

}  // namespace fourfold
