// resize: x sampled at another number of places along some of its axes.
//
// Inputs      x; roi? float32 or float64 [2 n], begins then ends along n axes, in parts of the axis,
//             for the coordinate tf_crop_and_resize; either scales? float32 [n], greater than 0, or
//             sizes? int64 [n]. An empty one counts as absent.
// Attributes  mode: nearest (any type), linear, cubic (float32, float64), "nearest"; coordinate
//             ("half_pixel"), nearest ("round_prefer_floor"): ONNX's names; cubic_a (-0.75),
//             exclude_outside (0), extrapolation (0): the value of what tf_crop_and_resize finds
//             outside, antialias (0), axes (all), policy: stretch, not_larger or not_smaller, which
//             keep the aspect ratio of sizes, "stretch".
// As ONNX Resize.
#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/image/resample.h"
#include "ops/image/resize_sizes.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

ResizeInputs named(const Tensor* inputs) {
  return {inputs[0], inputs[1], inputs[2], inputs[3]};
}

class ResizeOp final : public Op {
 public:
  explicit ResizeOp(ResizeSettings settings) : settings_(std::move(settings)) {}

  InputSet needed_values() const override { return input_set({2, 3}); }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if (!is_nearest() && x.dtype != DType::kF32 && x.dtype != DType::kF64) {
      refuse_value("x: expected float32 or float64, received ", type_text(x));
    }
    expect_roi(settings_, named(inputs));
    const ResizeAxes axes = resize_axes(settings_, named(inputs));
    outputs[0] = x;
    for (std::size_t axis = 0; axis < x.shape.rank(); ++axis) {
      if (axes[axis].from == 0 && axes[axis].to > 0) {
        refuse_value("x: expected elements along axis ", axis, " to resize, received ",
                     shape_text(x.shape));
      }
      outputs[0].shape.set(axis, axes[axis].to);
    }
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const ResizeAxes axes = resize_axes(settings_, named(inputs));
    const Resampling resampling = {settings_.rule, axes, settings_.extrapolation};
    return is_nearest() ? nearest_scratch_bytes(resampling, inputs[0].shape())
                        : resample_scratch_bytes(resampling, inputs[0].type, execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor& x = step.inputs[0];
    const Tensor& y = step.outputs[0];
    ResizeAxes axes = resize_axes(settings_, named(step.inputs));
    set_roi(settings_, named(step.inputs), axes);
    const Resampling resampling = {settings_.rule, axes, settings_.extrapolation};
    if (is_nearest()) {
      resample_nearest(resampling, x, y, step.scratch, execution);
    } else if (x.type.dtype == DType::kF32) {
      resample<float>(resampling, x, y, step.scratch, execution);
    } else {
      resample<double>(resampling, x, y, step.scratch, execution);
    }
  }

 private:
  bool is_nearest() const { return settings_.rule.interpolation == Interpolation::kNearest; }

  const ResizeSettings settings_;
};

}  // namespace

std::unique_ptr<Op> make_resize(const OpRequest& request) {
  expect_inputs(request, {"x", "roi", "scales", "sizes"}, 1);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"mode", "coordinate", "nearest", "cubic_a", "exclude_outside",
                         "extrapolation", "antialias", "axes", "policy"});
  ResizeSettings settings = {
      {interpolation_named(attributes.text_or("mode", "nearest")),
       coordinate_named(attributes.text_or("coordinate", "half_pixel")),
       rounding_named(attributes.text_or("nearest", "round_prefer_floor")),
       static_cast<double>(attributes.number_or("cubic_a", -0.75f)),
       attributes.flag_or("exclude_outside", false), attributes.flag_or("antialias", false)},
      static_cast<double>(attributes.number_or("extrapolation", 0)),
      std::nullopt,
      resize_policy_named(attributes.text_or("policy", "stretch"))};
  if (attributes.has("axes")) settings.axes = attributes.integers("axes");
  if (settings.rule.antialias && settings.rule.interpolation == Interpolation::kNearest) {
    refuse_value("antialias: expected 0 for mode nearest, received 1");
  }
  return std::make_unique<ResizeOp>(std::move(settings));
}

}  // namespace fourfold
