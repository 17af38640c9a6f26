// shape: the sizes of x's axes from `start` to `end`, int64 [end - start]. Reads no element of x.
//
// Inputs      x of any type.
// Attributes  start (0), end (the rank); negative ones count from the rank, all are clamped to it.
// As ONNX Shape.
#include <algorithm>
#include <limits>
#include <memory>

#include "ops/checks.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

class ShapeOp final : public Op {
 public:
  ShapeOp(std::int64_t start, std::int64_t end) : start_(start), end_(end) {}

  bool infers_any_size() const override { return true; }
  InputSet read_inputs() const override { return kNoInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const std::int64_t rank = signed_rank(inputs[0]);
    const std::int64_t count =
        std::max<std::int64_t>(0, clamped(end_, rank) - clamped(start_, rank));
    outputs[0] = {DType::kS64, {count}};
  }

  void run(const StepData& step, const Execution&) const override {
    const Tensor& x = step.inputs[0];
    auto* y = step.outputs[0].values_out<std::int64_t>();
    const auto first = static_cast<std::size_t>(clamped(start_, signed_rank(x)));
    for (std::size_t i = 0; i < step.outputs[0].size(0); ++i)
      y[i] = x.type.shape[first + i];
  }

 private:
  static std::int64_t signed_rank(const Tensor& x) { return static_cast<std::int64_t>(x.rank()); }
  static std::int64_t clamped(std::int64_t axis, std::int64_t rank) {
    return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  }

  const std::int64_t start_;
  const std::int64_t end_;
};

}  // namespace

std::unique_ptr<Op> make_shape(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"start", "end"});
  return std::make_unique<ShapeOp>(request.attributes.integer_or("start", 0, -kMost, kMost),
                                   request.attributes.integer_or("end", kMost, -kMost, kMost));
}

}  // namespace fourfold
