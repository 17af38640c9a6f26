// non_zero: the places of the elements of x that are not 0, one column each, in the order of x.
//
// Inputs      x of any type. Output int64 [rank, count]. -0 is 0, a NaN is not.
// Attributes  none.
// As ONNX NonZero: of a scalar [0, count].
#include <array>
#include <cstring>
#include <memory>

#include "ops/checks.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

bool is_float(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF32 ||
         dtype == DType::kF64;
}

// Calls found(i) for each element i whose bits, but for the sign of a float, are not all 0.
template <class Bits, class Found>
void visit_non_zero_bits(const Tensor& x, const Found& found) {
  const std::size_t count = element_count(x.shape());
  const int shift = is_float(x.type.dtype) ? 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    Bits bits;
    std::memcpy(&bits, x.values<std::byte>() + i * sizeof(Bits), sizeof(Bits));
    if (static_cast<Bits>(bits << shift) != 0) found(i);
  }
}

template <class Found>
void visit_non_zero(const Tensor& x, const Found& found) {
  switch (dtype_bytes(x.type.dtype)) {
    case 1:
      return visit_non_zero_bits<std::uint8_t>(x, found);
    case 2:
      return visit_non_zero_bits<std::uint16_t>(x, found);
    case 4:
      return visit_non_zero_bits<std::uint32_t>(x, found);
    default:
      return visit_non_zero_bits<std::uint64_t>(x, found);
  }
}

class NonZeroOp final : public Op {
 public:
  InputSet needed_values() const override { return kAllInputs; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    std::int64_t count = 0;
    visit_non_zero(inputs[0], [&](std::size_t) { ++count; });
    outputs[0] = {DType::kS64, {static_cast<std::int64_t>(inputs[0].rank()), count}};
  }

  void run(const StepData& step, const Execution&) const override {
    const Tensor& x = step.inputs[0];
    const std::size_t count = step.outputs[0].size(1);
    auto* y = step.outputs[0].values_out<std::int64_t>();
    std::size_t column = 0;
    visit_non_zero(x, [&](std::size_t i) {
      for (std::size_t axis = x.rank(); axis-- > 0; i /= x.size(axis))
        y[axis * count + column] = static_cast<std::int64_t>(i % x.size(axis));
      ++column;
    });
  }
};

}  // namespace

std::unique_ptr<Op> make_non_zero(const OpRequest& request) {
  expect_inputs(request, {"x"});
  request.attributes.allow_only({});
  return std::make_unique<NonZeroOp>();
}

}  // namespace fourfold
