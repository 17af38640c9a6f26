// unary: y = f(x), element by element.
//
//   floor ceil round (ties to even) reciprocal sqrt exp log erf sin cos tan asin acos atan sinh cosh
//   asinh acosh atanh tanh sigmoid softplus softsign mish    float32, float64
//   abs neg sign relu                                        integers too (neg: signed ones)
//   not bool; bitwise_not integers; is_nan is_inf float32, float64, y bool
//
// Inputs      x.
// Attributes  kind; of is_inf detect_negative (1), detect_positive (1).
#include <memory>

#include "base/check.h"
#include "kernels/activation/activation.h"
#include "ops/checks.h"
#include "ops/elementwise/unary_loops.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr const char* kKindNames[] = {
#define FOURFOLD_UNARY_KIND(enumerator, name) name,
#include "ops/elementwise/unary_kinds.inc"
#undef FOURFOLD_UNARY_KIND
};

UnaryKind kind_named(const std::string& name) {
  std::string good;
  for (std::size_t i = 0; i < std::size(kKindNames); ++i) {
    if (name == kKindNames[i]) return static_cast<UnaryKind>(i);
    good += (good.empty() ? "" : ", ") + std::string(kKindNames[i]);
  }
  refuse_value("kind: expected one of ", good, "; received '", name, "'");
}

// What float32 has a kernel for.
bool has_kernel(UnaryKind kind, DType dtype) {
  const bool named =
      kind == UnaryKind::kTanh || kind == UnaryKind::kSigmoid || kind == UnaryKind::kRelu;
  return named && dtype == DType::kF32;
}

void run_kernel(UnaryKind kind, const float* x, float* y, std::size_t count, Isa isa) {
  const Activation activation = kind == UnaryKind::kTanh      ? Activation::tanh
                                : kind == UnaryKind::kSigmoid ? Activation::sigmoid
                                                              : Activation::relu;
  activation_function(activation_kernels(isa), activation)({x, count, y, count, 1, count, 0.0f});
}

class UnaryOp final : public Op {
 public:
  UnaryOp(UnaryKind kind, bool negative, bool positive)
      : kind_(kind), negative_(negative), positive_(positive) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (find_loop(x.dtype) == nullptr) refuse_type(x);
    const bool tests = kind_ == UnaryKind::kIsNan || kind_ == UnaryKind::kIsInf;
    outputs[0] = {tests ? DType::kBool : x.dtype, x.shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const DType dtype = x.type.dtype;
    const UnaryLoop loop = find_loop(dtype);
    share_out(element_count(x.shape()), 1, execution, [&](Range part) {
      const std::size_t count = part.end - part.begin;
      if (has_kernel(kind_, dtype)) {
        run_kernel(kind_, x.f32() + part.begin, y.f32_out() + part.begin, count, execution.isa);
      } else {
        loop(x.values<std::byte>() + part.begin * dtype_bytes(dtype),
             y.values_out<std::byte>() + part.begin * dtype_bytes(y.type.dtype), count);
      }
    });
  }

 private:
  UnaryLoop find_loop(DType dtype) const {
    if (kind_ == UnaryKind::kIsNan) return nan_test(dtype);
    if (kind_ == UnaryKind::kIsInf) return infinity_test(dtype, negative_, positive_);
    const UnaryLoop loop = float_function(kind_, dtype);
    return loop != nullptr ? loop : integer_function(kind_, dtype);
  }

  [[noreturn]] void refuse_type(const TensorType& received) const {
    std::string good;
    for (const DType dtype : kAllDTypes) {
      if (find_loop(dtype) != nullptr) {
        good += (good.empty() ? "" : ", ") + std::string(dtype_name(dtype));
      }
    }
    refuse_value("x: expected one of ", good, "; received ", type_text(received));
  }

  const UnaryKind kind_;
  const bool negative_;  // of is_inf
  const bool positive_;
};

}  // namespace

std::unique_ptr<Op> make_unary(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({"kind", "detect_negative", "detect_positive"});
  return std::make_unique<UnaryOp>(kind_named(request.attributes.text("kind")),
                                   request.attributes.flag_or("detect_negative", true),
                                   request.attributes.flag_or("detect_positive", true));
}

}  // namespace fourfold
