// unary: y = f(x), element by element.
//
//   floor ceil round (ties to even) reciprocal sqrt exp log erf sin cos tan asin acos atan sinh
//   cosh asinh acosh atanh tanh sigmoid softplus softsign mish    float32, float64
//   abs neg sign relu                                        integers too (neg: signed ones)
//   not bool; bitwise_not integers; is_nan is_inf float32, float64, y bool
//
// Inputs      x.
// Attributes  kind; of is_inf detect_negative (1), detect_positive (1).
#include "kernels/unary/unary.h"

#include <memory>
#include <optional>

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

// Kernels go by the same names.
template <class Kernel, std::size_t count>
std::optional<Kernel> kernel_named(const char* const (&names)[count], const std::string& name) {
  for (std::size_t i = 0; i < count; ++i) {
    if (name == names[i]) return static_cast<Kernel>(i);
  }
  return std::nullopt;
}

// A kind on float32, which is a kernel of either family.
class KernelFunction {
 public:
  explicit KernelFunction(const std::string& name)
      : unary_(kernel_named<Unary>(kUnaryNames, name)),
        activation_(kernel_named<Activation>(kActivationNames, name)) {}

  bool exists() const { return unary_ || activation_; }

  void run(const float* x, float* y, std::size_t count, Isa isa) const {
    if (unary_) return unary_kernels(isa).of(*unary_)({x, y, count, 0.0f, 0.0f});
    const ActivationFunction function = activation_function(activation_kernels(isa), *activation_);
    function({x, count, y, count, 1, count, 0.0f});
  }

 private:
  std::optional<Unary> unary_;
  std::optional<Activation> activation_;
};

class UnaryOp final : public Op {
 public:
  UnaryOp(UnaryKind kind, bool negative, bool positive)
      : kind_(kind),
        kernel_(kKindNames[static_cast<std::size_t>(kind)]),
        negative_(negative),
        positive_(positive) {}

  bool row_wise() const override { return true; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 1; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (!is_defined_for(x.dtype)) refuse_type(x);
    const bool tests = kind_ == UnaryKind::kIsNan || kind_ == UnaryKind::kIsInf;
    outputs[0] = {tests ? DType::kBool : x.dtype, x.shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const DType dtype = x.type.dtype;
    const UnaryLoop loop = find_loop(dtype);
    share_out(element_count(x.shape()), 1, execution, [&](Range part) {
      const std::size_t count = part.end - part.begin;
      if (loop == nullptr) {
        kernel_.run(x.f32() + part.begin, y.f32_out() + part.begin, count, execution.isa);
      } else {
        loop(x.values<std::byte>() + part.begin * dtype_bytes(dtype),
             y.values_out<std::byte>() + part.begin * dtype_bytes(y.type.dtype), count);
      }
    });
  }

 private:
  // Null where there is none; a function on float32 is a kernel.
  UnaryLoop find_loop(DType dtype) const {
    if (kind_ == UnaryKind::kIsNan) return nan_test(dtype);
    if (kind_ == UnaryKind::kIsInf) return infinity_test(dtype, negative_, positive_);
    return dtype == DType::kF64 ? float64_function(kind_) : integer_function(kind_, dtype);
  }

  bool is_defined_for(DType dtype) const {
    return find_loop(dtype) != nullptr || (dtype == DType::kF32 && kernel_.exists());
  }

  [[noreturn]] void refuse_type(const TensorType& received) const {
    std::string good;
    for (const DType dtype : kAllDTypes) {
      if (is_defined_for(dtype)) {
        good += (good.empty() ? "" : ", ") + std::string(dtype_name(dtype));
      }
    }
    refuse_value("x: expected one of ", good, "; received ", type_text(received));
  }

  const UnaryKind kind_;
  const KernelFunction kernel_;
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
