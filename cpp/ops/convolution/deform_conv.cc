// deform_conv: convolution that moves every point of the window by an offset of its own, as
// torchvision's deform_conv2d.
//
// A point at (h, w) of x, not whole numbers, is interpolated between its four neighbours, those
// beyond x being 0, and multiplied by its mask. Sums run along the points and, for each, along the
// channels, starting from the bias.
//
// Inputs      x float32 [N, C, H, W], w [F, C / group, window], offset [N, offset groups * points *
//             2, out H, out W], of each point its shift along H, then along W; b [F] or absent; mask
//             [N, offset groups * points, out H, out W] or absent.
// Attributes  kernel_shape, strides, pads, dilations as in ONNX; group (1), offset_group (1).
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/round_up.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/packed_weights.h"
#include "ops/checks.h"
#include "ops/convolution/conv_parts.h"
#include "ops/convolution/conv_types.h"
#include "ops/convolution/conv_weights.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

enum Input { kX, kW, kOffset, kB, kMask };

// Positions whose samples are multiplied at once.
constexpr std::size_t kPositions = 64;

// How one point is interpolated at each of some positions: four elements of a plane, four factors,
// 0 for what is beyond x.
struct Samples {
  std::size_t at[4][kPositions];
  float factor[4][kPositions];
};

void find_sample(const Window& window, float h, float w, float mask, std::size_t p,
                 Samples& samples) {
  const auto height = static_cast<float>(window.height().in);
  const auto width = static_cast<float>(window.width().in);
  const bool inside = h > -1.0f && h < height && w > -1.0f && w < width;  // false for NaN
  const float top = inside ? std::floor(h) : 0.0f, left = inside ? std::floor(w) : 0.0f;
  const float from_top = h - top, from_left = w - left;
  for (std::size_t corner = 0; corner < 4; ++corner) {
    const bool lower = corner >= 2, right = corner % 2 == 1;
    const float y = top + (lower ? 1.0f : 0.0f), x = left + (right ? 1.0f : 0.0f);
    const bool on_x = inside && y >= 0.0f && y < height && x >= 0.0f && x < width;
    const float along_h = lower ? from_top : 1.0f - from_top;
    const float along_w = right ? from_left : 1.0f - from_left;
    samples.factor[corner][p] = on_x ? along_h * along_w * mask : 0.0f;
    const std::size_t row = on_x ? static_cast<std::size_t>(y) : 0;
    samples.at[corner][p] = row * window.width().in + (on_x ? static_cast<std::size_t>(x) : 0);
  }
}

void interpolate(const Samples& samples, const float* plane, std::size_t count, float* row) {
  for (std::size_t p = 0; p < count; ++p) {
    float sum = 0.0f;
    for (std::size_t corner = 0; corner < 4; ++corner) {
      const float factor = samples.factor[corner][p];
      // Nothing of an infinity that has no part in it.
      if (factor != 0.0f) sum += factor * plane[samples.at[corner][p]];
    }
    row[p] = sum;
  }
}

struct DeformConv {
  ConvShape shape;
  std::size_t offset_groups;
  const Tensor* inputs;
  const float* weight;  // ordered for conv_by_columns

  std::size_t panels() const { return ceil_div(shape.window.out_positions(), kPositions); }

  // The samples of some positions, [points, channels][kPositions], of one group of one image.
  void sample(std::size_t image, std::size_t group, Range positions, float* samples_of) const {
    const std::size_t points = shape.window.points(), channels = shape.channels;
    const std::size_t all_channels = shape.groups * channels;
    const std::size_t per_offset_group = all_channels / offset_groups;
    const float* x = inputs[kX].f32() + image * all_channels * shape.window.in_positions();
    Samples samples;
    for (std::size_t point = 0; point < points; ++point) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t channel = group * channels + c;
        if (c == 0 || channel % per_offset_group == 0) {
          find_samples(image, channel / per_offset_group, point, positions, samples);
        }
        interpolate(samples, x + channel * shape.window.in_positions(), positions.size(),
                    samples_of + (point * channels + c) * kPositions);
      }
    }
  }

 private:
  void find_samples(std::size_t image, std::size_t offset_group, std::size_t point, Range positions,
                    Samples& samples) const {
    const Window& window = shape.window;
    const std::size_t all = window.out_positions();
    const std::size_t number = (image * offset_groups + offset_group) * window.points() + point;
    const float* offset = inputs[kOffset].f32() + number * 2 * all;
    const float* mask = inputs[kMask].present ? inputs[kMask].f32() + number * all : nullptr;
    const Place at = window.point(point);
    for (std::size_t p = positions.begin; p < positions.end; ++p) {
      const std::size_t row = p / window.width().out, column = p % window.width().out;
      const float h = static_cast<float>(window.height().position(row, at[1])) + offset[p];
      const float w = static_cast<float>(window.width().position(column, at[2])) + offset[all + p];
      find_sample(window, h, w, mask == nullptr ? 1.0f : mask[p], p - positions.begin, samples);
    }
  }
};

class DeformConvOp final : public Op {
 public:
  DeformConvOp(WindowAttributes window, std::size_t groups, std::size_t offset_groups)
      : window_(std::move(window)), groups_(groups), offset_groups_(offset_groups) {}

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    if (inputs[kX].rank() != 4) {
      refuse_value("x: expected 4 dimensions, received ", type_text(inputs[kX].type));
    }
    const ConvShape shape = shape_of(inputs);
    const std::size_t points = shape.window.points();
    outputs[0] = {DType::kF32, output_shape(shape, ConvLayout::kChannelsFirst, 4)};
    for (const Input input : {kX, kW, kB}) {
      if (inputs[input].present)
        expect_dtype(input == kX ? "x" : input == kW ? "w" : "b", inputs[input], DType::kF32);
    }
    if (shape.groups * shape.channels % offset_groups_ != 0) {
      refuse_value("attribute 'offset_group': expected a divisor of ",
                   shape.groups * shape.channels, " channels, received ", offset_groups_);
    }
    Shape offset = outputs[0].shape;
    offset.set(1, static_cast<std::int64_t>(offset_groups_ * points * 2));
    expect_type("offset", inputs[kOffset].type, {DType::kF32, offset});
    offset.set(1, static_cast<std::int64_t>(offset_groups_ * points));
    if (inputs[kMask].present) expect_type("mask", inputs[kMask].type, {DType::kF32, offset});
  }

  // The ordered weight, then every part's samples.
  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const ConvShape shape = shape_of(inputs);
    return weight_bytes(shape) + execution.threads * sample_bytes(shape);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const ConvShape shape = shape_of(step.inputs);
    auto* weight = reinterpret_cast<float*>(step.scratch);
    order_weight(shape, ConvWay::kColumns, step.inputs[kW].f32(), nullptr, weight);
    const DeformConv conv = {shape, offset_groups_, step.inputs, weight};
    const std::size_t tasks = shape.images * shape.groups * conv.panels();
    const std::size_t parts = conv_parts(tasks, shape.multiply_adds(), execution);
    execution.pool->run(parts, [&](std::size_t part) {
      auto* samples =
          reinterpret_cast<float*>(step.scratch + weight_bytes(shape) + part * sample_bytes(shape));
      const Range range = part_of(tasks, 1, parts, part);
      for (std::size_t task = range.begin; task < range.end; ++task)
        run_task(conv, step, task, samples, execution);
    });
  }

 private:
  ConvShape shape_of(const Tensor* inputs) const {
    const Tensor three[] = {inputs[kX], inputs[kW], inputs[kB]};
    return conv_shape(window_, groups_, ConvLayout::kChannelsFirst, three);
  }

  static std::size_t weight_bytes(const ConvShape& shape) {
    return round_up(shape.groups * shape.filters * shape.depth() * sizeof(float), kAlignment);
  }
  static std::size_t sample_bytes(const ConvShape& shape) {
    return shape.depth() * kPositions * sizeof(float);
  }

  static void run_task(const DeformConv& conv, const StepData& step, std::size_t task,
                       float* samples, const Execution& execution) {
    const ConvShape& shape = conv.shape;
    const std::size_t all = shape.window.out_positions(), depth = shape.depth();
    const std::size_t first = task % conv.panels() * kPositions;
    const std::size_t count = std::min(kPositions, all - first);
    const std::size_t group = task / conv.panels() % shape.groups;
    const std::size_t image = task / conv.panels() / shape.groups;
    conv.sample(image, group, {first, first + count}, samples);
    const std::size_t filter = group * shape.filters;
    const float* bias = step.inputs[kB].present ? step.inputs[kB].f32() + filter : nullptr;
    float* y =
        step.outputs[0].f32_out() + (image * shape.groups * shape.filters + filter) * all + first;
    gemm_f32_kernels(execution.isa)
        .block({conv.weight + filter * depth,
                depth,
                {samples, kPanelColumns, kPositions, nullptr},
                nullptr,
                bias,
                y,
                all,
                shape.filters,
                round_up(count, kPanelColumns),
                count,
                depth});
  }

  const WindowAttributes window_;
  const std::size_t groups_;
  const std::size_t offset_groups_;
};

}  // namespace

std::unique_ptr<Op> make_deform_conv(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "offset", "b", "mask"}, 3);
  const Attributes& attributes = request.attributes;
  attributes.allow_only({"kernel_shape", "strides", "pads", "dilations", "group", "offset_group"});
  constexpr auto kMost = static_cast<std::int64_t>(kMaxColumns);
  const std::int64_t offset_groups = attributes.integer_or("offset_group", 1, 1, kMost);
  return std::make_unique<DeformConvOp>(window_attributes(attributes), groups_of(attributes),
                                        static_cast<std::size_t>(offset_groups));
}

}  // namespace fourfold
