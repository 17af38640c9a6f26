// global_pool: the largest value, the mean, or the p-norm of each channel: [N, C, 1...].
//
// Sums run over lanes (ops/reduction/lanes.h), so that they do not depend on the machine.
//
// Inputs      x float32 or float64 [N, C, axes...], or, where layout is "nhwc", float32 [N, axes...,
//             C], which has sums along the positions, one after the other, and no lp; or, in nhwc,
//             int8, whose sums are exact: float(sum) * (input_scale / count).
// Attributes  kind: max (keeps NaN), average, lp; p (2), 1 or more, of lp; layout ("nchw");
//             input_scale, of int8 x; with output_scale > 0 y is int8, quantized with it, else float32;
//             input_zero, output_zero (scale_attribute.h).
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "kernels/binary/binary.h"
#include "ops/checks.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/plain_pool.h"
#include "ops/convolution/pool_f32.h"
#include "ops/convolution/pool_s8.h"
#include "ops/elementwise/numbers.h"
#include "ops/reduction/lanes.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// max or average
template <class T>
T pool_plane(PoolKind kind, const T* x, std::size_t count) {
  const auto itself = [](T value) { return value; };
  if (kind == PoolKind::kMax) {
    return reduce_in_lanes(x, count, lowest<T>(), itself,
                           [](T a, T b) { return max_or_nan(b, a); });
  }
  return reduce_in_lanes(x, count, T{0}, itself, [](T a, T b) { return a + b; }) /
         static_cast<T>(count);
}

double norm_of_plane(double p, const double* x, std::size_t count) {
  const auto term = [p](double value) { return std::pow(std::fabs(value), p); };
  const auto sum = [](double a, double b) { return a + b; };
  return std::pow(reduce_in_lanes(x, count, 0.0, term, sum), 1.0 / p);
}

// By the kernel's pow, some values at a time.
float norm_of_plane(float p, const float* x, std::size_t count, const Execution& execution) {
  constexpr std::size_t kAtOnce = 1024;
  float raised[kAtOnce];
  float total = 0.0f;
  for (std::size_t i = 0; i < count; i += kAtOnce) {
    const std::size_t some = std::min(kAtOnce, count - i);
    std::copy_n(x + i, some, raised);
    raise_to_norm(raised, some, p, execution);
    total += reduce_in_lanes(
        raised, some, 0.0f, [](float value) { return value; },
        [](float a, float b) { return a + b; });
  }
  take_root_of_norm(&total, 1, p, execution);
  return total;
}

class GlobalPoolOp final : public Op {
 public:
  GlobalPoolOp(PoolKind kind, float p, ConvLayout layout, PoolScales scales)
      : kind_(kind), p_(p), layout_(layout), scales_(scales) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const bool last = layout_ == ConvLayout::kChannelsLast;
    const bool quantized = scales_.input != 0.0f;
    const bool fits = quantized ? x.dtype == DType::kS8
                                : x.dtype == DType::kF32 || (x.dtype == DType::kF64 && !last);
    if (!fits || x.shape.rank() < 2) {
      refuse_value(
          "x: expected float32, or in nchw float64, or with 'input_scale' int8, of 2 "
          "dimensions or more, received ",
          type_text(x));
    }
    if (quantized) check_positions_s8(x.shape);
    Shape shape = {x.shape[0]};
    if (!last) shape.append(x.shape[1]);
    for (std::size_t axis = 2; axis < x.shape.rank(); ++axis)
      shape.append(1);
    if (last) shape.append(x.shape.last());
    outputs[0] = {quantized ? scales_.y_dtype() : x.dtype, shape};
  }

  void run(const StepData& step, const Execution& execution) const override {
    if (step.inputs[0].type.dtype == DType::kF64) return run_planes<double>(step, execution);
    if (scales_.input != 0.0f) return run_s8(step, execution);
    if (layout_ == ConvLayout::kChannelsLast) return run_pixels(step, execution);
    run_planes<float>(step, execution);
  }

 private:
  template <class T>
  void run_planes(const StepData& step, const Execution& execution) const {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const std::size_t planes = element_count(y.shape());
    const std::size_t positions = element_count(x.shape()) / planes;
    share_out(planes, positions, execution, [&](Range range) {
      for (std::size_t plane = range.begin; plane < range.end; ++plane) {
        const T* from = x.values<T>() + plane * positions;
        y.values_out<T>()[plane] = kind_ == PoolKind::kLp ? norm(from, positions, execution)
                                                          : pool_plane(kind_, from, positions);
      }
    });
  }

  double norm(const double* x, std::size_t count, const Execution&) const {
    return norm_of_plane(static_cast<double>(p_), x, count);
  }
  float norm(const float* x, std::size_t count, const Execution& execution) const {
    return norm_of_plane(p_, x, count, execution);
  }

  void run_s8(const StepData& step, const Execution& execution) const {
    const Tensor& x = step.inputs[0];
    const std::size_t images = x.size(0), channels = x.size(x.rank() - 1);
    const std::size_t positions = element_count(x.shape()) / (images * channels);
    global_pool_s8({images, positions, channels}, scales_, kind_, x.values<std::int8_t>(),
                   step.outputs[0], execution);
  }

  void run_pixels(const StepData& step, const Execution& execution) const {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const std::size_t images = x.size(0), channels = static_cast<std::size_t>(x.shape().last());
    const std::size_t positions = element_count(x.shape()) / (images * channels);
    const bool max = kind_ == PoolKind::kMax;
    const BinaryKernels& kernels = binary_kernels(execution.isa);
    const BinaryFunction combine = kernels.of(max ? Binary::max : Binary::add);
    const auto count = static_cast<float>(positions);
    share_out(images, positions * channels, execution, [&](Range range) {
      for (std::size_t image = range.begin; image < range.end; ++image) {
        const float* from = x.f32() + image * positions * channels;
        float* to = y.f32_out() + image * channels;
        std::fill_n(to, channels, max ? lowest<float>() : 0.0f);
        for (std::size_t i = 0; i < positions; ++i, from += channels)
          combine({{to, 0, false}, {from, 0, false}, to, channels, 1, channels});
        if (max) continue;
        kernels.of(Binary::div)({{to, 0, false}, {&count, 0, true}, to, channels, 1, channels});
      }
    });
  }

  const PoolKind kind_;
  const float p_;
  const ConvLayout layout_;
  const PoolScales scales_;
};

}  // namespace

std::unique_ptr<Op> make_global_pool(const OpRequest& request) {
  expect_inputs(request, {"x"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only(
      {"kind", "p", "layout", "input_scale", "input_zero", "output_scale", "output_zero"});
  const PoolKind kind = pool_kind_named(attributes.text("kind"));
  const ConvLayout layout = layout_named(attributes.text_or("layout", "nchw"));
  const float p = attributes.number_or("p", 2.0f);
  check_norm(p);
  if (kind == PoolKind::kLp && layout == ConvLayout::kChannelsLast) {
    refuse_value("kind: expected max or average in nhwc, received lp");
  }
  const PoolScales scales = pool_scales(attributes);
  if (scales.input != 0.0f && layout != ConvLayout::kChannelsLast) {
    refuse_value("attribute 'input_scale': expected in nhwc only");
  }
  return std::make_unique<GlobalPoolOp>(kind, p, layout, scales);
}

}  // namespace fourfold
