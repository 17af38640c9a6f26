// lrn: local response normalization, over neighbouring channels.
//
//   y[c] = x[c] / (bias + alpha / size * sum of x[i]^2)^beta
//          over c - floor((size - 1) / 2) <= i <= c + ceil((size - 1) / 2), as far as there are channels
//
// Inputs      x float32 or float64 [N, C, axes...].
// Attributes  size (1 or more), alpha (0.0001), beta (0.75), bias (1).
// As ONNX LRN.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/check.h"
#include "kernels/binary/binary.h"
#include "ops/checks.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

struct LrnSettings {
  std::size_t size;
  float alpha;
  float beta;
  float bias;
};

// [images, channels, positions]
struct LrnShape {
  std::size_t images;
  std::size_t channels;
  std::size_t positions;

  explicit LrnShape(const Tensor& x) : images(x.size(0)), channels(x.size(1)), positions(1) {
    for (std::size_t axis = 2; axis < x.rank(); ++axis)
      positions *= x.size(axis);
  }
};

Range neighbours(std::size_t channel, const LrnSettings& settings, std::size_t channels) {
  const std::size_t below = (settings.size - 1) / 2, above = settings.size / 2;
  return {channel > below ? channel - below : 0, std::min(channels, channel + above + 1)};
}

// Some positions of one channel at a time, each step of the formula by one kernel.
class LrnF32 {
 public:
  LrnF32(const LrnSettings& settings, const LrnShape& shape, Isa isa)
      : settings_(settings), shape_(shape), kernels_(binary_kernels(isa)) {}

  // x, y: of one image.
  void run(const float* x, float* y, std::size_t channel) const {
    for (std::size_t first = 0; first < shape_.positions; first += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, shape_.positions - first);
      const std::size_t at = channel * shape_.positions + first;
      float sums[kAtOnce];
      sum_squares(x + first, channel, count, sums);
      const float factor = settings_.alpha / static_cast<float>(settings_.size);
      apply(Binary::mul, sums, {&factor, 0, true}, count, sums);
      apply(Binary::add, sums, {&settings_.bias, 0, true}, count, sums);
      apply(Binary::pow, sums, {&settings_.beta, 0, true}, count, sums);
      apply(Binary::div, x + at, {sums, 0, false}, count, y + at);
    }
  }

 private:
  static constexpr std::size_t kAtOnce = 1024;

  void sum_squares(const float* x, std::size_t channel, std::size_t count, float* sums) const {
    const Range channels = neighbours(channel, settings_, shape_.channels);
    std::fill_n(sums, count, 0.0f);
    for (std::size_t c = channels.begin; c < channels.end; ++c) {
      float squares[kAtOnce];
      const float* of_c = x + c * shape_.positions;
      apply(Binary::mul, of_c, {of_c, 0, false}, count, squares);
      apply(Binary::add, sums, {squares, 0, false}, count, sums);
    }
  }

  void apply(Binary operation, const float* a, const BinaryOperand& b, std::size_t count,
             float* y) const {
    kernels_.of(operation)({{a, 0, false}, b, y, count, 1, count});
  }

  const LrnSettings& settings_;
  const LrnShape& shape_;
  const BinaryKernels& kernels_;
};

void normalize_f64(const LrnSettings& settings, const LrnShape& shape, const double* x, double* y,
                   std::size_t channel) {
  const Range channels = neighbours(channel, settings, shape.channels);
  const double factor = static_cast<double>(settings.alpha) / static_cast<double>(settings.size);
  for (std::size_t i = 0; i < shape.positions; ++i) {
    double sum = 0.0;
    for (std::size_t c = channels.begin; c < channels.end; ++c)
      sum += x[c * shape.positions + i] * x[c * shape.positions + i];
    const std::size_t at = channel * shape.positions + i;
    const double base = static_cast<double>(settings.bias) + factor * sum;
    y[at] = x[at] / std::pow(base, static_cast<double>(settings.beta));
  }
}

class LrnOp final : public Op {
 public:
  explicit LrnOp(const LrnSettings& settings) : settings_(settings) {}

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    const TensorType& x = inputs[0].type;
    if ((x.dtype != DType::kF32 && x.dtype != DType::kF64) || x.shape.rank() < 3) {
      refuse_value("x: expected float32 or float64 of 3 dimensions or more, received ",
                   type_text(x));
    }
    outputs[0] = x;
  }

  void run(const StepData& step, const Execution& execution) const override {
    const Tensor &x = step.inputs[0], &y = step.outputs[0];
    const LrnShape shape(x);
    const LrnF32 of_f32(settings_, shape, execution.isa);
    const std::size_t values = shape.positions * (settings_.size + 8);
    share_out(shape.images * shape.channels, values, execution, [&](Range planes) {
      for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
        const std::size_t channel = plane % shape.channels;
        const std::size_t image = (plane - channel) * shape.positions;
        if (x.type.dtype == DType::kF32) {
          of_f32.run(x.f32() + image, y.f32_out() + image, channel);
        } else {
          normalize_f64(settings_, shape, x.values<double>() + image,
                        y.values_out<double>() + image, channel);
        }
      }
    });
  }

 private:
  const LrnSettings settings_;
};

}  // namespace

std::unique_ptr<Op> make_lrn(const OpRequest& request) {
  expect_inputs(request, {"x"});
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"size", "alpha", "beta", "bias"});
  return std::make_unique<LrnOp>(
      LrnSettings{attributes.size("size", kMaxColumns), attributes.number_or("alpha", 0.0001f),
                  attributes.number_or("beta", 0.75f), attributes.number_or("bias", 1.0f)});
}

}  // namespace fourfold
