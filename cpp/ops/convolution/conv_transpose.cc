// conv_transpose: a transposed convolution (transposed.h), as in ONNX.
//
// Float32 sums each output along the points that meet it, from the last to the first, and for each
// along the channels, starting from the bias.
//
// Inputs      x float32 or float64 [N, C, spatial...], one to three spatial axes; w [C, F / group,
//             window...] of x's type; b [F] or absent.
// Attributes  kernel_shape, strides, pads, dilations, auto_pad, output_padding, output_shape as in
//             ONNX; group (1); activation ("identity"; an elementwise one), alpha (0), of float32.
#include <algorithm>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/made_once.h"
#include "base/round_up.h"
#include "ops/activation_names.h"
#include "ops/checks.h"
#include "ops/convolution/band.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/transposed.h"
#include "ops/convolution/transposed_patches.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

struct Settings {
  TransposedAttributes window;
  std::size_t groups;
  Activation activation;
  float alpha;
  bool constant;  // w
};

// Calls work(offset) for every phase.
template <class Work>
void visit_phases(const Window& whole, const Work& work) {
  for (std::size_t z = 0; z < phase_count(whole.depth()); ++z) {
    for (std::size_t y = 0; y < phase_count(whole.height()); ++y) {
      for (std::size_t x = 0; x < phase_count(whole.width()); ++x)
        work(Place{z, y, x});
    }
  }
}

class ConvTransposeOp final : public Op {
 public:
  explicit ConvTransposeOp(Settings settings) : settings_(std::move(settings)) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    const bool fits = x.dtype == DType::kF32 ||
                      (x.dtype == DType::kF64 && settings_.activation == Activation::identity);
    if (!fits) {
      refuse_value("x: expected float32, or float64 without activation, received ", type_text(x));
    }
    expect_dtype("w", inputs[1], x.dtype);
    if (inputs[2].present) expect_dtype("b", inputs[2], x.dtype);
    ConvShape shape = shape_of(inputs);
    check_band(phase_of(shape.window, {}).window, shape.channels);
    for (WindowAxis& axis : shape.window.axes)
      std::swap(axis.in, axis.out);
    outputs[0] = {x.dtype, output_shape(shape, ConvLayout::kChannelsFirst, x.shape.rank())};
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    if (inputs[0].type.dtype == DType::kF64) return 0;
    const ConvShape shape = shape_of(inputs);
    const std::size_t of_weight = settings_.constant ? 0 : weight_bytes(inputs[1]);
    if (makes_patches(shape.window)) {
      return of_weight + transposed_patches_scratch(shape, execution);
    }
    std::size_t most = 0;
    visit_phases(shape.window, [&](const Place& offset) {
      const auto of_phase = phase_shape(shape, phase_of(shape.window, offset), offset);
      most = std::max(most, conv_by_columns_scratch(of_phase.shape, execution));
    });
    return most + of_weight;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const ConvShape shape = shape_of(step.inputs);
    if (step.inputs[0].type.dtype == DType::kF64) return run_f64(shape, step, execution);
    std::byte* scratch = step.scratch;
    const float* weight = nullptr;
    if (settings_.constant) {
      weight = constant_weight(shape, step.inputs[1]);
    } else {
      order_for_phases(shape, step.inputs[1].f32(), reinterpret_cast<float*>(scratch));
      weight = reinterpret_cast<const float*>(scratch);
      scratch += weight_bytes(step.inputs[1]);
    }
    const float* bias = step.inputs[2].present ? step.inputs[2].f32() : nullptr;
    ConvFinish finish;
    finish.activation = settings_.activation;
    finish.alpha = settings_.alpha;
    const ConvData data = {step.inputs[0].f32(), bias, step.outputs[0].f32_out(), finish};
    if (makes_patches(shape.window)) {
      return transposed_patches(shape, data, weight, scratch, execution);
    }
    visit_phases(shape.window, [&](const Place& offset) {
      const TransposedPhase phase = phase_of(shape.window, offset);
      const auto [of_phase, placement] = phase_shape(shape, phase, offset);
      conv_by_columns(of_phase, placement, data, weight + phase_weight_offset(shape, phase),
                      scratch, execution);
    });
  }

 private:
  struct PhaseShape {
    ConvShape shape;
    ConvPlacement placement;
  };

  static PhaseShape phase_shape(const ConvShape& whole, const TransposedPhase& phase,
                                const Place& offset) {
    return {{phase.window, whole.images, whole.groups, whole.channels, whole.filters},
            placement_of(whole.window, offset, whole.groups * whole.filters)};
  }

  ConvShape shape_of(const Tensor* inputs) const {
    return transposed_shape(settings_.window, settings_.groups, inputs);
  }

  static std::size_t weight_bytes(const Tensor& w) {
    return round_up(byte_count(w.type), kAlignment);
  }

  // Ordered by the first run: the weights may be a mapped file, which loading must not read.
  const float* constant_weight(const ConvShape& shape, const Tensor& w) const {
    const AlignedBuffer& made = ordered_.get([&] {
      auto buffer = std::make_unique<AlignedBuffer>(weight_bytes(w));
      order_for_phases(shape, w.f32(), reinterpret_cast<float*>(buffer->data()));
      return buffer;
    });
    return reinterpret_cast<const float*>(made.data());
  }

  static void run_f64(const ConvShape& shape, const StepData& step, const Execution& execution) {
    const Window& window = shape.window;
    const std::size_t points = window.points(), filters = shape.groups * shape.filters;
    const std::size_t y_size = window.in_positions(), x_size = window.out_positions();
    const std::size_t stride = window.width().stride;
    const auto* w = step.inputs[1].values<double>();
    share_out(shape.images * filters, shape.depth() * x_size, execution, [&](Range planes) {
      for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
        const std::size_t f = plane % filters, group = f / shape.filters;
        double* y = step.outputs[0].values_out<double>() + plane * y_size;
        std::fill_n(y, y_size, step.inputs[2].present ? step.inputs[2].values<double>()[f] : 0.0);
        for (std::size_t c = group * shape.channels; c < (group + 1) * shape.channels; ++c) {
          const std::size_t x_plane = plane / filters * shape.groups * shape.channels + c;
          const double* x = step.inputs[0].values<double>() + x_plane * x_size;
          for (std::size_t point = 0; point < points; ++point) {
            const double weight = w[(c * shape.filters + f % shape.filters) * points + point];
            visit_runs(window, window.point(point),
                       [&](std::size_t y_at, std::size_t x_at, std::size_t count) {
                         for (std::size_t i = 0; i < count; ++i)
                           y[y_at + i * stride] += x[x_at + i] * weight;
                       });
          }
        }
      }
    });
  }

  const Settings settings_;
  const MadeOnce<AlignedBuffer> ordered_;
};

}  // namespace

std::unique_ptr<Op> make_conv_transpose(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "b"}, 2);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "auto_pad", "group",
                         "output_padding", "output_shape", "activation", "alpha"});
  Settings settings = {};
  settings.window = transposed_attributes(attributes);
  settings.groups = groups_of(attributes);
  settings.activation = elementwise_named(attributes.text_or("activation", "identity"));
  settings.alpha = attributes.number_or("alpha", 0.0f);
  settings.constant = request.inputs[1].constant != nullptr;
  return std::make_unique<ConvTransposeOp>(std::move(settings));
}

}  // namespace fourfold
