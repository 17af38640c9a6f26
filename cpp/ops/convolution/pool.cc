// pool: the largest value, the mean, or the p-norm under a window, in each channel.
//
//   max       NaN if there is one; the border counts as nothing.
//   average   sum / count. The border counts as 0 if count_include_pad, as nothing otherwise; what
//             ceil_mode adds behind the border counts as nothing.
//   lp        (sum |x|^p)^(1/p); the border counts as 0.
//
// Inputs      x [N, C, spatial...], one to three spatial axes, or, where layout is "nhwc", [N,
//             spatial..., C]. float32; float64 not in nhwc; max of int8, and not in nhwc of uint8;
//             average of int8 in nhwc.
// Attributes  kind; kernel_shape, strides, pads, dilations, auto_pad, ceil_mode as in ONNX;
//             count_include_pad (0), of average; p (2), 1 or more, of lp, which is not in nhwc;
//             layout ("nchw"). Average of int8 is float(sum) * (input_scale / count): input_scale is
//             that of x; with output_scale > 0 y is int8, quantized with it, else float32.
//             input_zero, output_zero (scale_attribute.h), the former not with count_include_pad.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/convolution/band.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/plain_pool.h"
#include "ops/convolution/pool_f32.h"
#include "ops/convolution/pool_s8.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

struct PoolSettings {
  WindowAttributes window;
  ConvLayout layout;
  PoolF32 pool;
  PoolScales scales;
};

class PoolOp final : public Op {
 public:
  explicit PoolOp(PoolSettings settings) : settings_(std::move(settings)) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    check_dtype(x);
    const PoolShape shape = shape_of(inputs);
    if (in_planes()) check_band(shape.window, 1);
    if (averages_s8()) check_positions_s8(x.shape);
    outputs[0] = {averages_s8() ? settings_.scales.y_dtype() : x.dtype,
                  pooled_shape(shape, settings_.layout, x.shape.rank())};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const PoolShape shape = shape_of(inputs);
    if (averages_s8()) return average_pixels_s8_scratch(shape, execution);
    if (inputs[0].type.dtype != DType::kF32) return 0;
    return (in_planes() ? pool_planes_scratch : pool_pixels_scratch)(shape, execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const PoolShape shape = shape_of(step.inputs);
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const PoolF32& pool = settings_.pool;
    if (x.type.dtype == DType::kF32) {
      return (in_planes() ? pool_planes : pool_pixels)(shape, pool, x.f32(), y.f32_out(),
                                                       step.scratch, execution);
    }
    if (averages_s8()) {
      return average_pixels_s8(shape, settings_.scales, pool.counts_border, x.values<std::int8_t>(),
                               y, step.scratch, execution);
    }
    if (!in_planes()) {
      return max_pixels_s8(shape, x.values<std::int8_t>(), y.values_out<std::int8_t>(), execution);
    }
    if (x.type.dtype == DType::kF64 && pool.kind != PoolKind::kMax) {
      return plain_sum_pool(shape, pool.kind, static_cast<double>(pool.p), pool.counts_border,
                            x.values<double>(), y.values_out<double>(), execution);
    }
    if (x.type.dtype == DType::kF64) return run_max<double>(shape, x, y, execution);
    if (x.type.dtype == DType::kS8) return run_max<std::int8_t>(shape, x, y, execution);
    run_max<std::uint8_t>(shape, x, y, execution);
  }

 private:
  bool in_planes() const { return settings_.layout == ConvLayout::kChannelsFirst; }
  // Only these have an input_scale.
  bool averages_s8() const { return settings_.scales.input != 0.0f; }

  void check_dtype(const TensorType& x) const {
    const bool max = settings_.pool.kind == PoolKind::kMax;
    if (averages_s8()) {
      if (x.dtype == DType::kS8) return;
      refuse_value("x: expected int8, as there is an 'input_scale', received ", type_text(x));
    }
    if (x.dtype == DType::kF32 || (max && x.dtype == DType::kS8)) return;
    if (in_planes() && (x.dtype == DType::kF64 || (max && x.dtype == DType::kU8))) return;
    refuse_value(
        "x: expected float32; or, for max, int8, or, with input_scale in nhwc, for average; or, in "
        "nchw, float64, or, for max, uint8; received ",
        type_text(x));
  }

  PoolShape shape_of(const Tensor* inputs) const {
    return pool_shape(settings_.window, settings_.layout, inputs[0]);
  }

  template <class T>
  static void run_max(const PoolShape& shape, const Tensor& x, const Tensor& y,
                      const Execution& execution) {
    plain_max_pool(shape, x.values<T>(), y.values_out<T>(), execution);
  }

  const PoolSettings settings_;
};

}  // namespace

std::unique_ptr<Op> make_pool(const OpRequest& request) {
  expect_inputs(request, {"x"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kind", "kernel_shape", "strides", "pads", "dilations", "auto_pad",
                         "ceil_mode", "count_include_pad", "p", "layout", "input_scale",
                         "input_zero", "output_scale", "output_zero"});
  PoolSettings settings = {};
  settings.window = window_attributes(attributes);
  settings.layout = layout_named(attributes.text_or("layout", "nchw"));
  settings.pool.kind = pool_kind_named(attributes.text("kind"));
  settings.pool.counts_border = attributes.flag_or("count_include_pad", false);
  settings.pool.p = attributes.number_or("p", 2.0f);
  check_norm(settings.pool.p);
  if (settings.pool.kind == PoolKind::kLp && settings.layout == ConvLayout::kChannelsLast) {
    refuse_value("kind: expected max or average in nhwc, received lp");
  }
  settings.scales = pool_scales(attributes);
  const bool scaled =
      settings.pool.kind == PoolKind::kAverage && settings.layout == ConvLayout::kChannelsLast;
  if (settings.scales.input != 0.0f && !scaled) {
    refuse_value("attribute 'input_scale': expected of an average in nhwc only");
  }
  if (settings.scales.input_zero != 0.0f && settings.pool.counts_border) {
    refuse_value("attribute 'input_zero': expected 0 with 'count_include_pad', received ",
                 settings.scales.input_zero);
  }
  return std::make_unique<PoolOp>(std::move(settings));
}

}  // namespace fourfold
