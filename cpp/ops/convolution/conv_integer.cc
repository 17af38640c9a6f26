// conv_integer: convolution of 8-bit integers in int32, modulo 2^32.
//
//   y = convolution of (x - x_zero) with (w - w_zero), the border being 0
//
// qlinear_conv: the same plus b, quantized again.
//
//   y = saturate(round_to_even((that + b) * scale) + y_zero)    scale = x_scale * w_scale / y_scale
//
// scale in float32, its product with the sum in float64, where it hardly ever rounds.
//
// conv_integer
//   Inputs      x [N, C, one to three axes], w [F, C / group, window...], each int8 or uint8; x_zero of
//               x's type, one value; w_zero of w's type, one value or F; an absent one is 0.
// qlinear_conv
//   Inputs      x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, b: as above; scales float32,
//               y_zero of y's type; of x and y one value, of w one or F; b int32 [F] or absent.
// Attributes  kernel_shape, strides, pads, dilations, auto_pad as in ONNX; group (1).
#include <algorithm>
#include <limits>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "ops/checks.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/packed_conv.h"
#include "ops/convolution/plain_conv.h"
#include "ops/quantization/byte_values.h"
#include "ops/quantization/rounding.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

struct Settings {
  WindowAttributes window;
  std::size_t groups;
};

void expect_8_bits(const char* name, const Tensor& tensor) {
  if (tensor.type.dtype == DType::kS8 || tensor.type.dtype == DType::kU8) return;
  refuse_value(name, ": expected int8 or uint8, received ", type_text(tensor.type));
}

// One value of this type, or, if `count` isn't 1, so many.
void expect_values(const char* name, const Tensor& tensor, DType dtype, std::size_t count) {
  if (!tensor.present) return;
  const std::size_t values = element_count(tensor.shape());
  if (tensor.type.dtype == dtype && (values == 1 || values == count)) return;
  refuse_value(name, ": expected ", dtype_name(dtype), " of 1 or ", count, " values, received ",
               type_text(tensor.type));
}

ConvShape shape_of(const Settings& settings, const IntegerConvInputs& inputs) {
  const Tensor three[] = {inputs.x, inputs.w, inputs.b};
  return conv_shape(settings.window, settings.groups, ConvLayout::kChannelsFirst, three);
}

ConvShape checked_shape(const Settings& settings, const IntegerConvInputs& inputs) {
  expect_8_bits("x", inputs.x);
  expect_8_bits("w", inputs.w);
  const ConvShape shape = shape_of(settings, inputs);
  expect_values("x_zero", inputs.x_zero, inputs.x.type.dtype, 1);
  expect_values("w_zero", inputs.w_zero, inputs.w.type.dtype, shape.groups * shape.filters);
  return shape;
}

std::size_t zeros_bytes(const ConvShape& shape) {
  return round_up(shape.groups * shape.filters * sizeof(std::uint32_t), kAlignment);
}

// In unsigned numbers, whose overflow is defined. zeros: scratch for one per filter.
template <class X, class W>
void convolve(const ConvShape& shape, const IntegerConvInputs& inputs, std::uint32_t* zeros,
              std::uint32_t* y, const Execution& execution) {
  for (std::size_t f = 0; f < shape.groups * shape.filters; ++f)
    zeros[f] = static_cast<std::uint32_t>(byte_at(inputs.w_zero, f));
  const auto* bias = inputs.b.present ? inputs.b.values<std::uint32_t>() : nullptr;
  plain_conv<X, W, std::uint32_t>(
      shape,
      {inputs.x.values<X>(), inputs.w.values<W>(), bias, y,
       static_cast<std::uint32_t>(byte_at(inputs.x_zero, 0)), zeros, true},
      execution);
}

// Scratch of convolve_any.
std::size_t convolve_bytes(const ConvShape& shape, const PackedConv& packed,
                           const Execution& execution) {
  return round_up(std::max(zeros_bytes(shape), packed.scratch_bytes(shape, execution)), kAlignment);
}

void convolve_any(const ConvShape& shape, const PackedConv& packed, const IntegerConvInputs& inputs,
                  std::byte* scratch, std::int32_t* y, const Execution& execution) {
  if (packed.run(shape, inputs, scratch, y, execution)) return;
  const bool signed_x = inputs.x.type.dtype == DType::kS8,
             signed_w = inputs.w.type.dtype == DType::kS8;
  const auto run =
      signed_x
          ? (signed_w ? convolve<std::int8_t, std::int8_t> : convolve<std::int8_t, std::uint8_t>)
          : (signed_w ? convolve<std::uint8_t, std::int8_t> : convolve<std::uint8_t, std::uint8_t>);
  run(shape, inputs, reinterpret_cast<std::uint32_t*>(scratch), reinterpret_cast<std::uint32_t*>(y),
      execution);
}

class ConvIntegerOp final : public Op {
 public:
  ConvIntegerOp(Settings settings, const OpInput& w, const OpInput& w_zero)
      : settings_(std::move(settings)), packed_(w, w_zero) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const ConvShape shape = checked_shape(settings_, of(inputs));
    outputs[0] = {DType::kS32, output_shape(shape, ConvLayout::kChannelsFirst, inputs[0].rank())};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    return convolve_bytes(shape_of(settings_, of(inputs)), packed_, execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const IntegerConvInputs inputs = of(step.inputs);
    convolve_any(shape_of(settings_, inputs), packed_, inputs, step.scratch,
                 step.outputs[0].values_out<std::int32_t>(), execution);
  }

 private:
  static IntegerConvInputs of(const Tensor* inputs) {
    static const Tensor kNoBias = {{}, nullptr, false};
    return {inputs[0], inputs[2], inputs[1], inputs[3], kNoBias};
  }

  const Settings settings_;
  const PackedConv packed_;
};

class QLinearConvOp final : public Op {
 public:
  QLinearConvOp(Settings settings, const OpInput& w, const OpInput& w_zero)
      : settings_(std::move(settings)), packed_(w, w_zero) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const ConvShape shape = checked_shape(settings_, of(inputs));
    expect_8_bits("y_zero", inputs[kYZero]);
    expect_values("x_scale", inputs[kXScale], DType::kF32, 1);
    expect_values("w_scale", inputs[kWScale], DType::kF32, shape.groups * shape.filters);
    expect_values("y_scale", inputs[kYScale], DType::kF32, 1);
    expect_values("y_zero", inputs[kYZero], inputs[kYZero].type.dtype, 1);
    if (inputs[kB].present) expect_dtype("b", inputs[kB], DType::kS32);
    outputs[0] = {inputs[kYZero].type.dtype,
                  output_shape(shape, ConvLayout::kChannelsFirst, inputs[kX].rank())};
  }

  // Of the convolution, then the sums.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const ConvShape shape = shape_of(settings_, of(inputs));
    const Shape y = output_shape(shape, ConvLayout::kChannelsFirst, inputs[kX].rank());
    return convolve_bytes(shape, packed_, execution) + byte_count({DType::kS32, y});
  }

  void run(const StepData& step, const Execution& execution) const override {
    const IntegerConvInputs inputs = of(step.inputs);
    const ConvShape shape = shape_of(settings_, inputs);
    auto* sums =
        reinterpret_cast<std::int32_t*>(step.scratch + convolve_bytes(shape, packed_, execution));
    convolve_any(shape, packed_, inputs, step.scratch, sums, execution);
    if (step.outputs[0].type.dtype == DType::kS8) {
      quantize<std::int8_t>(shape, step, sums, execution);
    } else {
      quantize<std::uint8_t>(shape, step, sums, execution);
    }
  }

 private:
  enum Input { kX, kXScale, kXZero, kW, kWScale, kWZero, kYScale, kYZero, kB };

  static IntegerConvInputs of(const Tensor* inputs) {
    return {inputs[kX], inputs[kXZero], inputs[kW], inputs[kWZero], inputs[kB]};
  }

  template <class T>
  static void quantize(const ConvShape& shape, const StepData& step, const std::int32_t* sums,
                       const Execution& execution) {
    const Tensor* inputs = step.inputs;
    const std::size_t filters = shape.groups * shape.filters;
    const std::size_t positions = shape.window.out_positions();
    const bool one_scale = element_count(inputs[kWScale].shape()) == 1;
    const double zero = inputs[kYZero].values<T>()[0];
    T* y = step.outputs[0].values_out<T>();
    share_out(shape.images * filters, positions, execution, [&](Range planes) {
      for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
        const std::size_t f = one_scale ? 0 : plane % filters;
        const float scale =
            inputs[kXScale].f32()[0] * inputs[kWScale].f32()[f] / inputs[kYScale].f32()[0];
        for (std::size_t i = plane * positions; i < (plane + 1) * positions; ++i) {
          y[i] = static_cast<T>(round_to_integer<double>(sums[i] * double{scale}, zero,
                                                         std::numeric_limits<T>::min(),
                                                         std::numeric_limits<T>::max()));
        }
      }
    });
  }

  const Settings settings_;
  const PackedConv packed_;
};

Settings settings_of(const Attributes& attributes) {
  attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "auto_pad", "group"});
  return {window_attributes(attributes), groups_of(attributes)};
}

}  // namespace

std::unique_ptr<Op> make_conv_integer(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "x_zero", "w_zero"}, 2);
  return std::make_unique<ConvIntegerOp>(settings_of(request.attributes), request.inputs[1],
                                         request.inputs[3]);
}

std::unique_ptr<Op> make_qlinear_conv(const OpRequest& request) {
  expect_inputs(request,
                {"x", "x_scale", "x_zero", "w", "w_scale", "w_zero", "y_scale", "y_zero", "b"}, 8);
  return std::make_unique<QLinearConvOp>(settings_of(request.attributes), request.inputs[3],
                                         request.inputs[5]);
}

}  // namespace fourfold
