// reduce: y = one number for all of x along some axes.
//
//   max min                  integers, float32, float64, bool
//   sum mean prod l1 l2 (root of the sum of squares) sum_square log_sum log_sum_exp
//                            float32, float64, integers of 32 and 64 bits
//
// Float sums keep one order, whatever the machine and the threads (reduce_tiles.h): along the last
// axes in lanes, along others row after row, both in blocks. Over an axis of size 0: 0, of prod 1,
// of max and min the lowest and the highest number, of mean NaN.
//
// Inputs      x; axes int64 [n], absent or empty: all of them.
// Attributes  kind; keepdims (1), noop_with_empty_axes (0): no axes means none, not all.
// As the Reduce family of ONNX.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/reduction/reduce_kinds.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// In the order of the enum.
constexpr const char* kKindNames[] = {"sum", "mean", "max",     "min",         "prod",
                                      "l1",  "l2",   "log_sum", "log_sum_exp", "sum_square"};

ReduceKind kind_named(const std::string& name) {
  std::string good;
  for (std::size_t i = 0; i < std::size(kKindNames); ++i) {
    if (name == kKindNames[i]) return static_cast<ReduceKind>(i);
    good += (good.empty() ? "" : ", ") + std::string(kKindNames[i]);
  }
  refuse_value("kind: expected one of ", good, "; received '", name, "'");
}

Reduction find_reduction(ReduceKind kind, DType dtype) {
  if (const Reduction found = sum_reduction(kind, dtype)) return found;
  if (const Reduction found = log_sum_reduction(kind, dtype)) return found;
  return extremum_reduction(kind, dtype);
}

class ReduceOp final : public Op {
 public:
  ReduceOp(ReduceKind kind, bool keep, bool none_is_none)
      : kind_(kind), keep_(keep), none_is_none_(none_is_none) {}

  InputSet needed_values() const override { return input_set({1}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (find_reduction(kind_, x.dtype) == nullptr) refuse_type(x);
    const AxisSet reduced = reduced_axes(inputs);
    outputs[0] = {x.dtype, {}};
    for (std::size_t axis = 0; axis < x.shape.rank(); ++axis) {
      if (!reduced[axis]) outputs[0].shape.append(x.shape[axis]);
      if (reduced[axis] && keep_) outputs[0].shape.append(1);
    }
  }

  void run(const StepData& step, const Execution& execution) const override {
    const TensorType& x = step.inputs[0].type;
    const ReductionLoops loops(x.shape, reduced_axes(step.inputs));
    find_reduction(kind_, x.dtype)(kind_, loops, step, execution);
  }

 private:
  AxisSet reduced_axes(const Tensor* inputs) const {
    AxisSet reduced{};
    const bool given = inputs[1].present && element_count(inputs[1].shape()) > 0;
    if (!given) {
      if (!none_is_none_) reduced.fill(true);
      return reduced;
    }
    for (const std::int64_t axis : expect_integers("axes", inputs[1]))
      reduced[checked_axis("axes", axis, inputs[0].rank())] = true;
    return reduced;
  }

  [[noreturn]] void refuse_type(const TensorType& received) const {
    std::string good;
    for (const DType dtype : kAllDTypes) {
      if (find_reduction(kind_, dtype) != nullptr) {
        good += (good.empty() ? "" : ", ") + std::string(dtype_name(dtype));
      }
    }
    refuse_value("x: expected one of ", good, "; received ", type_text(received));
  }

  const ReduceKind kind_;
  const bool keep_;
  const bool none_is_none_;
};

}  // namespace

std::unique_ptr<Op> make_reduce(const OpRequest& request) {
  expect_inputs(request, {"x", "axes"}, 1);
  request.attributes.allow_only({"kind", "keepdims", "noop_with_empty_axes"});
  return std::make_unique<ReduceOp>(kind_named(request.attributes.text("kind")),
                                    request.attributes.flag_or("keepdims", true),
                                    request.attributes.flag_or("noop_with_empty_axes", false));
}

}  // namespace fourfold
