// quantize_linear: y = saturate(round_to_even(x / scale) + zero). NaN counts as 0.
//
// Inputs      x float32, any shape; scale float32, as scale_grid.h says; zero of the type and the
//             shape `to` and scale have, or absent: 0.
// Attributes  axis (1), block_size (0: no blocks), to: int8, uint8, int16 or uint16.
// As in ONNX.
#include <limits>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/quantization/quantize_values.h"
#include "ops/quantization/scale_grid.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

template <class T>
struct Quantizer {
  const float* x;
  const float* scales;
  const T* zeros;  // null: 0
  T* y;

  void operator()(const ScaleGrid::Run& run) const {
    const float* from = x + run.start;
    const float* scale = scales + run.scale;
    const T* zero = zeros == nullptr ? nullptr : zeros + run.scale;
    if (run.single) {
      const float zero_point = zero == nullptr ? 0.0f : *zero;
      quantize_values<T>(from, run.count, *scale, zero_point, y + run.start);
    } else {
      quantize_values<T>(from, run.count, scale, zero, y + run.start);
    }
  }
};

class QuantizeLinearOp final : public Op {
 public:
  QuantizeLinearOp(std::int64_t axis, std::int64_t block_size, DType to)
      : axis_(axis), block_size_(block_size), to_(to) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& x = inputs[0].shape();
    const Shape& scale = inputs[1].shape();
    expect_type("x", inputs[0].type, {DType::kF32, x});
    expect_type("scale", inputs[1].type, {DType::kF32, scale});
    if (inputs[2].present) expect_type("zero", inputs[2].type, {to_, scale});
    ScaleGrid(x, scale, axis_, block_size_);
    outputs[0] = {to_, x};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor* inputs = step.inputs;
    const ScaleGrid grid(inputs[0].shape(), inputs[1].shape(), axis_, block_size_);
    const auto quantize = [&](auto tag) {
      using T = typename decltype(tag)::Type;
      const T* zeros = inputs[2].present ? inputs[2].values<T>() : nullptr;
      const Quantizer<T> quantizer = {inputs[0].f32(), inputs[1].f32(), zeros,
                                      step.outputs[0].values_out<T>()};
      share_out(grid.runs(), grid.longest_run(), execution, [&](Range runs) {
        for (std::size_t i = runs.begin; i < runs.end; ++i)
          quantizer(grid.run(i));
      });
    };
    if (to_ == DType::kS8) quantize(DTypeTag<std::int8_t>{});
    if (to_ == DType::kU8) quantize(DTypeTag<std::uint8_t>{});
    if (to_ == DType::kS16) quantize(DTypeTag<std::int16_t>{});
    if (to_ == DType::kU16) quantize(DTypeTag<std::uint16_t>{});
  }

 private:
  const std::int64_t axis_;
  const std::int64_t block_size_;
  const DType to_;
};

}  // namespace

std::unique_ptr<Op> make_quantize_linear(const OpRequest& request) {
  expect_inputs(request, {"x", "scale", "zero"}, 2);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"axis", "block_size", "to"});
  const DType to = dtype_named(attributes.text("to"));
  if (to != DType::kS8 && to != DType::kU8 && to != DType::kS16 && to != DType::kU16) {
    refuse_value("attribute 'to': expected int8, uint8, int16 or uint16, received ",
                 dtype_name(to));
  }
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<QuantizeLinearOp>(
      attributes.integer_or("axis", 1, -kRank, kRank - 1),
      attributes.integer_or("block_size", 0, 0, std::numeric_limits<std::int64_t>::max()), to);
}

}  // namespace fourfold
