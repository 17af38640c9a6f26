// quantize_linear: y = saturate(round_to_even(x / scale) + zero). NaN counts as 0.
//
// Inputs      x float32, any shape; scale float32, as scale_grid.h says; zero of the type and the
//             shape `to` and scale have, or absent: 0.
// Attributes  axis (1), block_size (0: no blocks), to: int8, uint8, int16 or uint16.
// As in ONNX.
#include <limits>
#include <memory>

#include "base/check.h"
#include "kernels/zero_point/zero_point.h"
#include "ops/checks.h"
#include "ops/quantization/byte_values.h"
#include "ops/quantization/quantize_values.h"
#include "ops/quantization/scale_grid.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// To int16 and uint16.
template <class T>
void quantize_wide(const StepData& step, const ScaleGrid::Run& run) {
  const float* x = step.inputs[0].f32() + run.start;
  const float* scales = step.inputs[1].f32() + run.scale;
  const T* zeros = step.inputs[2].present ? step.inputs[2].values<T>() + run.scale : nullptr;
  T* y = step.outputs[0].values_out<T>() + run.start;
  if (run.single) {
    quantize_values<T>(x, run.count, *scales, zeros == nullptr ? 0.0f : *zeros, y);
  } else {
    quantize_values<T>(x, run.count, scales, zeros, y);
  }
}

// The zeros of bytes as the kernels want them; 0 for absent ones.
void shift_zeros(const Tensor& zero, DType to, std::size_t count, float* shifted) {
  const std::uint8_t flip = byte_flip(to);
  const auto* bytes = zero.values<std::uint8_t>();
  for (std::size_t i = 0; i < count; ++i)
    shifted[i] = signed_byte(zero.present ? bytes[i] : std::uint8_t{0}, flip);
}

// To bytes, by the kernels. zeros: as they want them, one for each scale.
void quantize_bytes(const StepData& step, const ScaleGrid::Run& run, const float* zeros,
                    const ZeroPointKernels& kernels) {
  const ZeroPointBlock block = {step.inputs[0].f32() + run.start,
                                step.outputs[0].values_out<std::int8_t>() + run.start,
                                run.count,
                                step.inputs[1].f32() + run.scale,
                                zeros + run.scale,
                                byte_flip(step.outputs[0].type.dtype)};
  (run.single ? kernels.quantize_by_one : kernels.quantize_by_each)(block);
}

bool is_byte(DType dtype) {
  return dtype == DType::kS8 || dtype == DType::kU8;
}

class QuantizeLinearOp final : public Op {
 public:
  QuantizeLinearOp(std::int64_t axis, std::int64_t block_size, DType to)
      : axis_(axis), block_size_(block_size), to_(to) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const Shape& x = inputs[0].shape();
    const Shape& scale = inputs[1].shape();
    expect_type("x", inputs[0].type, {DType::kF32, x});
    expect_type("scale", inputs[1].type, {DType::kF32, scale});
    check_zero_points(inputs[2], inputs[1], to_);
    ScaleGrid(x, scale, axis_, block_size_);
    outputs[0] = {to_, x};
  }

  // Zeros of bytes, as float32.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution&) const override {
    return is_byte(to_) ? element_count(inputs[1].shape()) * sizeof(float) : 0;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &x = step.inputs[0], &scale = step.inputs[1];
    const ScaleGrid grid(x.shape(), scale.shape(), axis_, block_size_);
    const auto for_each_run = [&](const auto& quantize) {
      share_out(grid.runs(), grid.longest_run(), execution, [&](Range runs) {
        for (std::size_t i = runs.begin; i < runs.end; ++i)
          quantize(grid.run(i));
      });
    };
    if (to_ == DType::kS16) {
      for_each_run([&](const auto& run) { quantize_wide<std::int16_t>(step, run); });
    } else if (to_ == DType::kU16) {
      for_each_run([&](const auto& run) { quantize_wide<std::uint16_t>(step, run); });
    } else {
      auto* zeros = reinterpret_cast<float*>(step.scratch);
      shift_zeros(step.inputs[2], to_, element_count(scale.shape()), zeros);
      const ZeroPointKernels& kernels = zero_point_kernels(execution.isa);
      for_each_run([&](const auto& run) { quantize_bytes(step, run, zeros, kernels); });
    }
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
