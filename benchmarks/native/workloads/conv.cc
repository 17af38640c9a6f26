// Whole steps of a program on one thread: conv_s8, int8 in and out, beside conv in float32 in the
// layout that is faster for it, both with a relu.
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "limits/limits.h"
#include "matmul/packed_weights.h"
#include "operands.h"
#include "ops/packed_shapes.h"
#include "ops/registry.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

struct ConvCase {
  std::size_t images, height, width, channels, filters, window, stride;

  std::size_t pad() const { return window / 2; }
  std::size_t out(std::size_t size) const { return (size + 2 * pad() - window) / stride + 1; }
  std::size_t positions() const { return images * out(height) * out(width); }
  std::size_t inputs() const { return images * height * width * channels; }
  std::size_t depth() const { return window * window * channels; }
  std::size_t outputs() const { return positions() * filters; }
  double operations() const { return 2.0 * static_cast<double>(outputs() * depth()); }

  std::string name() const {
    const auto text = [](std::size_t size) { return std::to_string(size); };
    return text(images) + "x" + text(height) + "x" + text(width) + " " + text(window) + "x" +
           text(window) + (stride > 1 ? " /" + text(stride) : "") + " " + text(channels) + "-" +
           text(filters);
  }
};

// Of PP-OCR's recognition and detection, and of ResNet.
constexpr ConvCase kCases[] = {
    {4, 6, 80, 480, 480, 1, 1},  {4, 12, 80, 240, 240, 1, 1}, {4, 24, 160, 64, 64, 1, 1},
    {1, 240, 320, 16, 32, 1, 1}, {1, 120, 160, 96, 24, 3, 1}, {1, 60, 80, 24, 24, 3, 1},
    {1, 480, 640, 3, 16, 3, 2},  {1, 56, 56, 64, 64, 3, 1},   {1, 224, 224, 3, 64, 7, 2},
};

using Values = std::map<std::string, Attributes::Value>;

Attributes::Integers both(std::size_t size) {
  return {static_cast<std::int64_t>(size), static_cast<std::int64_t>(size)};
}

Values window_values(const ConvCase& conv) {
  const auto pad = static_cast<std::int64_t>(conv.pad());
  return {{"kernel_shape", both(conv.window)},
          {"strides", both(conv.stride)},
          {"pads", Attributes::Integers{pad, pad, pad, pad}},
          {"activation", std::string("relu")}};
}

Shape image_shape(const ConvCase& conv, bool channels_last) {
  const std::int64_t n = signed_size(conv.images), c = signed_size(conv.channels);
  const std::int64_t h = signed_size(conv.height), w = signed_size(conv.width);
  return channels_last ? Shape{n, h, w, c} : Shape{n, c, h, w};
}

// One op on these inputs, the first of which is no constant, under every ISA.
void measure_op(const Bench& bench, const char* name, const ConvCase& conv, const char* family,
                const std::vector<Tensor>& inputs, const Values& values, OutputBytes output) {
  const Attributes attributes(values);
  OpRequest request = {{}, attributes};
  for (const Tensor& input : inputs)
    request.inputs.push_back({input.type, input.data});
  request.inputs[0].constant = nullptr;
  const std::unique_ptr<Op> op = make_op(name, request);
  Tensor y = {{}, output.data};
  op->infer(inputs.data(), &y.type);

  ThreadPool& pool = ThreadPool::shared();
  std::size_t scratch_bytes = 0;
  for (const Isa isa : bench.isas)
    scratch_bytes = std::max(scratch_bytes, op->scratch_bytes(inputs.data(), {isa, 1, &pool}));
  const AlignedBuffer scratch(scratch_bytes);
  Workload workload = {
      family, conv.name(), "operations", conv.operations(), static_cast<double>(conv.outputs()),
      output, {}};
  for (const Isa isa : bench.isas) {
    if (isa == Isa::kScalar) continue;
    workload.contenders.push_back(
        {isa_name(isa), [&, isa] { op->run({inputs.data(), &y, scratch.data()}, {isa, 1, &pool}); },
         multiply_limit_s8(isa)});
  }
  bench.run(workload);
}

void measure_conv_s8(const Bench& bench, const ConvCase& conv) {
  const std::size_t columns = padded_columns(conv.filters);
  const Array<std::int8_t> x = random_s8(conv.inputs());
  const Array<std::int8_t> weight = zeros<std::int8_t>(columns * padded_depth(conv.depth()));
  pack_s8(random_s8(conv.depth() * conv.filters).data(), conv.depth(), conv.filters, weight.data());
  const Array<float> scales = random_f32(columns), bias = random_f32(columns);
  const Array<std::int8_t> y = random_s8(conv.outputs());
  const Shape packed = packed_s8_shape(conv.depth(), conv.filters);
  const Shape per_column = {1, signed_size(columns)};
  Values values = window_values(conv);
  values["channels"] = signed_size(conv.channels);
  values["filters"] = signed_size(conv.filters);
  values["input_scale"] = 0.01;
  values["output_scale"] = 100.0;
  measure_op(bench, "conv_s8", conv, "conv_s8",
             {{{DType::kS8, image_shape(conv, true)}, x.data()},
              {{DType::kS8, {1, packed[0], packed[1], packed[2], packed[3]}}, weight.data()},
              {{DType::kF32, per_column}, scales.data()},
              {{DType::kF32, per_column}, bias.data()}},
             values, y.output());
}

void measure_conv_f32(const Bench& bench, const ConvCase& conv, bool channels_last) {
  const std::int64_t window = signed_size(conv.window), filters = signed_size(conv.filters);
  const Array<float> x = random_f32(conv.inputs());
  const Array<float> weight = random_f32(conv.filters * conv.depth());
  const Array<float> bias = random_f32(conv.filters);
  const Array<float> y = zeros<float>(conv.outputs());
  Values values = window_values(conv);
  values["layout"] = std::string(channels_last ? "nhwc" : "nchw");
  measure_op(bench, "conv", conv, channels_last ? "conv_nhwc" : "conv_nchw",
             {{{DType::kF32, image_shape(conv, channels_last)}, x.data()},
              {{DType::kF32, {filters, signed_size(conv.channels), window, window}}, weight.data()},
              {{DType::kF32, {filters}}, bias.data()}},
             values, y.output());
}

}  // namespace

void measure_conv(const Bench& bench) {
  for (const ConvCase& conv : kCases) {
    measure_conv_s8(bench, conv);
    measure_conv_f32(bench, conv, false);
    measure_conv_f32(bench, conv, true);
  }
}

}  // namespace fourfold
