// dequantize_linear: y = (float(x) - float(zero)) * scale.
//
// Inputs      x int8, uint8, int16, uint16 or int32, any shape; scale float32, as scale_grid.h says;
//             zero of the type of x and the shape of scale, or absent: 0.
// Attributes  axis (1), block_size (0: no blocks).
// As in ONNX.
#include <limits>
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/quantization/scale_grid.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

template <class T>
struct Dequantizer {
  const T* x;
  const float* scales;
  const T* zeros;  // null: 0
  float* y;

  float zero(std::size_t i) const { return zeros == nullptr ? 0.0f : static_cast<float>(zeros[i]); }

  void operator()(const ScaleGrid::Run& run) const {
    const T* from = x + run.start;
    float* to = y + run.start;
    if (run.single) {
      const float scale = scales[run.scale], zero_point = zero(run.scale);
      for (std::size_t i = 0; i < run.count; ++i)
        to[i] = (static_cast<float>(from[i]) - zero_point) * scale;
    } else {
      for (std::size_t i = 0; i < run.count; ++i)
        to[i] = (static_cast<float>(from[i]) - zero(run.scale + i)) * scales[run.scale + i];
    }
  }
};

bool is_quantized(DType dtype) {
  return dtype == DType::kS8 || dtype == DType::kU8 || dtype == DType::kS16 ||
         dtype == DType::kU16 || dtype == DType::kS32;
}

class DequantizeLinearOp final : public Op {
 public:
  DequantizeLinearOp(std::int64_t axis, std::int64_t block_size)
      : axis_(axis), block_size_(block_size) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const Shape& scale = inputs[1].shape();
    if (!is_quantized(x.dtype)) {
      refuse_value("x: expected int8, uint8, int16, uint16 or int32, received ", type_text(x));
    }
    expect_type("scale", inputs[1].type, {DType::kF32, scale});
    check_zero_points(inputs[2], inputs[1], x.dtype);
    ScaleGrid(x.shape, scale, axis_, block_size_);
    outputs[0] = {DType::kF32, x.shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor* inputs = step.inputs;
    const ScaleGrid grid(inputs[0].shape(), inputs[1].shape(), axis_, block_size_);
    const auto dequantize = [&](auto tag) {
      using T = typename decltype(tag)::Type;
      const T* zeros = inputs[2].present ? inputs[2].values<T>() : nullptr;
      const Dequantizer<T> dequantizer = {inputs[0].values<T>(), inputs[1].f32(), zeros,
                                          step.outputs[0].f32_out()};
      share_out(grid.runs(), grid.longest_run(), execution, [&](Range runs) {
        for (std::size_t i = runs.begin; i < runs.end; ++i)
          dequantizer(grid.run(i));
      });
    };
    const DType dtype = inputs[0].type.dtype;
    if (dtype == DType::kS8) dequantize(DTypeTag<std::int8_t>{});
    if (dtype == DType::kU8) dequantize(DTypeTag<std::uint8_t>{});
    if (dtype == DType::kS16) dequantize(DTypeTag<std::int16_t>{});
    if (dtype == DType::kU16) dequantize(DTypeTag<std::uint16_t>{});
    if (dtype == DType::kS32) dequantize(DTypeTag<std::int32_t>{});
  }

 private:
  const std::int64_t axis_;
  const std::int64_t block_size_;
};

}  // namespace

std::unique_ptr<Op> make_dequantize_linear(const OpRequest& request) {
  expect_inputs(request, {"x", "scale", "zero"}, 2);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"axis", "block_size"});
  constexpr auto kRank = static_cast<std::int64_t>(kMaxRank);
  return std::make_unique<DequantizeLinearOp>(
      attributes.integer_or("axis", 1, -kRank, kRank - 1),
      attributes.integer_or("block_size", 0, 0, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace fourfold
