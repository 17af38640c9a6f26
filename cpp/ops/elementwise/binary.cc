// binary: y = f(a, b), element by element, under NumPy broadcasting.
//
//   add sub mul div max min mod fmod prelu   numbers; y of their type
//   pow                                      numbers, b of any other type too; y of a's type
//   equal less less_equal greater greater_equal   numbers, equal also bool; y bool
//   and or xor                               bool
//   bitwise_and bitwise_or bitwise_xor shift_left shift_right   integers
//
// float32 goes through kernels/binary where it can.
//
// Inputs      a, b of one type: integers, float32, float64, or bool.
// Attributes  kind.
// add, an op of its own in older programs, is binary of kind add.
#include "kernels/binary/binary.h"

#include <memory>
#include <optional>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/elementwise/binary_loops.h"
#include "ops/elementwise/convert.h"
#include "ops/elementwise/numbers.h"
#include "ops/elementwise/rows.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

constexpr const char* kKindNames[] = {
#define FOURFOLD_BINARY_KIND(enumerator, name) name,
#include "ops/elementwise/binary_kinds.inc"
#undef FOURFOLD_BINARY_KIND
};

BinaryKind kind_named(const std::string& name) {
  std::string good;
  for (std::size_t i = 0; i < std::size(kKindNames); ++i) {
    if (name == kKindNames[i]) return static_cast<BinaryKind>(i);
    good += (good.empty() ? "" : ", ") + std::string(kKindNames[i]);
  }
  refuse_value("kind: expected one of ", good, "; received '", name, "'");
}

// The type that a power takes its exponent in.
DType exponent_type(DType base, DType exponent) {
  return visit_dtype(exponent, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    if (base == DType::kF32 || base == DType::kF64) return base;
    if (kIsFloat<T>) return DType::kF64;
    return std::is_signed_v<T> ? DType::kS64 : DType::kU64;
  });
}

bool is_number(DType dtype) {
  return visit_dtype(dtype, [](auto tag) { return kIsNumber<typename decltype(tag)::Type>; });
}

// Null if `kind` is not defined for the type of a, or is a kernel.
BinaryLoop find_loop(BinaryKind kind, DType a, DType b) {
  if (kind == BinaryKind::kPow) return power_loop(a, exponent_type(a, b));
  if (const BinaryLoop loop = arithmetic_loop(kind, a)) return loop;
  if (const BinaryLoop loop = comparison_loop(kind, a)) return loop;
  return logic_loop(kind, a);
}

// The kinds that float32 has a kernel for go by the same names there.
std::optional<Binary> kernel_of(BinaryKind kind) {
  const std::string name = kKindNames[static_cast<std::size_t>(kind)];
  for (std::size_t i = 0; i < kBinaryCount; ++i) {
    if (name == kBinaryNames[i]) return static_cast<Binary>(i);
  }
  return std::nullopt;
}

void run_kernel(BinaryFunction kernel, const BinaryData& data, const BroadcastBlock& block) {
  const auto operand = [](const void* values, const BroadcastBlock::Input& input) {
    const float* first = static_cast<const float*>(values) + input.first;
    return BinaryOperand{first, input.row_stride, input.single};
  };
  kernel({operand(data.a, block.inputs[0]), operand(data.b, block.inputs[1]),
          static_cast<float*>(data.y) + block.y, block.columns, block.rows, block.columns});
}

class BinaryOp final : public Op {
 public:
  BinaryOp(BinaryKind kind, bool row_wise)
      : kind_(kind), kernel_(kernel_of(kind)), row_wise_(row_wise) {}

  bool row_wise() const override { return row_wise_; }
  bool infers_any_size() const override { return true; }
  std::size_t overwritable_inputs() const override { return 2; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType &a = inputs[0].type, &b = inputs[1].type;
    const bool fits = kind_ == BinaryKind::kPow ? is_number(b.dtype) : a.dtype == b.dtype;
    if (!fits) {
      refuse_value("b: expected ", kind_ == BinaryKind::kPow ? "a number" : dtype_name(a.dtype),
                   ", received ", type_text(b));
    }
    if (!is_defined_for(a.dtype)) refuse_type(a);
    const bool compares = comparison_loop(kind_, a.dtype) != nullptr;
    outputs[0] = {compares ? DType::kBool : a.dtype, broadcast_shape(a.shape, b.shape)};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return converts_exponent(inputs) ? element_count(inputs[1].shape()) * sizeof(double) : 0;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &a = step.inputs[0], &b = step.inputs[1];
    BinaryData data = {a.data, b.data, step.outputs[0].data};
    if (converts_exponent(step.inputs)) {
      convert(b.type.dtype, b.data, exponent_type(a.type.dtype, b.type.dtype), step.scratch,
              element_count(b.shape()));
      data.b = step.scratch;
    }
    const bool by_kernel = kernel_ && a.type.dtype == DType::kF32;
    const BinaryFunction kernel = by_kernel ? binary_kernels(execution.isa).of(*kernel_) : nullptr;
    const BinaryLoop loop = by_kernel ? nullptr : find_loop(kind_, a.type.dtype, b.type.dtype);
    BroadcastLoops(step.inputs, 2, step.outputs[0].shape())
        .share_out_blocks(execution, [&](const BroadcastBlock& block) {
          by_kernel ? run_kernel(kernel, data, block) : loop(data, block);
        });
  }

 private:
  bool is_defined_for(DType a) const {
    return (kernel_ && a == DType::kF32) || find_loop(kind_, a, a) != nullptr;
  }

  [[noreturn]] void refuse_type(const TensorType& received) const {
    std::string good;
    for (const DType dtype : kAllDTypes) {
      if (is_defined_for(dtype)) {
        good += (good.empty() ? "" : ", ") + std::string(dtype_name(dtype));
      }
    }
    refuse_value("a: expected one of ", good, "; received ", type_text(received));
  }

  bool converts_exponent(const Tensor* inputs) const {
    const DType a = inputs[0].type.dtype, b = inputs[1].type.dtype;
    return kind_ == BinaryKind::kPow && exponent_type(a, b) != b;
  }

  const BinaryKind kind_;
  const std::optional<Binary> kernel_;  // of float32
  const bool row_wise_;
};

}  // namespace

std::unique_ptr<Op> make_binary(const OpRequest& request) {
  expect_inputs(request, {"a", "b"});
  request.attributes.allow_only({"kind"});
  return std::make_unique<BinaryOp>(kind_named(request.attributes.text("kind")),
                                    broadcasts_row_wise(request));
}

std::unique_ptr<Op> make_add(const OpRequest& request) {
  expect_inputs(request, {"a", "b"});
  request.attributes.allow_only({});
  return std::make_unique<BinaryOp>(BinaryKind::kAdd, broadcasts_row_wise(request));
}

}  // namespace fourfold
