// linear_s8 and linear_f32 on one thread: the kernels with quantizing, blocking and the epilogue.
#include "base/thread_pool.h"
#include "limits/limits.h"
#include "matmul/linear_f32.h"
#include "matmul/linear_s8.h"
#include "operands.h"
#include "workloads/shape.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

// The shapes of benchmarks/shapes.py, and one layer with more and more rows.
constexpr Shape kShapes[] = {
    {1, 768, 768},     {1, 768, 3072},     {2, 768, 3072},   {3, 768, 3072},  {4, 768, 3072},
    {6, 768, 3072},    {8, 768, 3072},     {16, 768, 3072},  {32, 768, 3072}, {64, 768, 3072},
    {128, 768, 3072},  {256, 768, 3072},   {512, 768, 3072}, {1, 4096, 4096}, {512, 384, 1536},
    {512, 1024, 4096}, {2048, 1024, 1024},
};

// One layer with one kind of input and output, under every ISA.
void measure_form(const Bench& bench, const char* name, const Shape& shape, const LinearS8& layer,
                  const Operand& x, const Output& output, OutputBytes bytes) {
  ThreadPool& pool = ThreadPool::shared();
  std::size_t scratch_bytes = 0;
  for (const Isa isa : bench.isas) {
    const std::size_t needed =
        linear_s8_scratch_bytes(layer, output.form, shape.rows, {isa, 1, &pool});
    scratch_bytes = std::max(scratch_bytes, needed);
  }
  const AlignedBuffer scratch(scratch_bytes);
  Workload workload = {name, shape.name(), "operations", shape.operations(), shape.outputs(), bytes,
                       {}};
  for (const Isa isa : bench.isas) {
    if (isa == Isa::kScalar) continue;
    workload.contenders.push_back(
        {isa_name(isa),
         [&, isa] { linear_s8(layer, x, {}, output, scratch.data(), {isa, 1, &pool}); },
         multiply_limit_s8(isa)});
  }
  bench.run(workload);
}

// float32 to float32, each row with its scale; int8 to int8, with a scale for all.
void measure_forms(const Bench& bench, const Shape& shape, const LinearS8& layer) {
  Array<float> x = random_f32(shape.rows * shape.depth);
  Array<std::int8_t> q = random_s8(shape.rows * shape.depth);
  Array<float> y = zeros<float>(shape.rows * shape.columns);
  Array<std::int8_t> requantized = random_s8(shape.rows * shape.columns);
  const DynamicRows rows({x.data(), shape.rows, shape.depth, shape.depth});
  const QuantizedRows quantized({q.data(), shape.rows, shape.depth, shape.depth}, 0.01f);
  measure_form(bench, "linear_s8", shape, layer, rows,
               Output::f32({y.data(), shape.rows, shape.columns, shape.columns}), y.output());
  measure_form(
      bench, "linear_s8_to_s8", shape, layer, quantized,
      Output::fixed_s8({requantized.data(), shape.rows, shape.columns, shape.columns}, 0.1f),
      requantized.output());
}

void measure_s8(const Bench& bench, const Shape& shape) {
  const std::size_t columns = padded_columns(shape.columns);
  Array<std::int8_t> weight = random_s8(columns * padded_depth(shape.depth));
  Array<float> scales = random_f32(columns);
  Array<float> bias = random_f32(columns);
  Array<std::int32_t> sums = zeros<std::int32_t>(columns);
  sum_columns({weight.data(), shape.depth, shape.columns}, sums.data());
  const LinearS8 layer = {{weight.data(), shape.depth, shape.columns},
                          scales.data(),
                          bias.data(),
                          sums.data(),
                          Activation::identity,
                          0.0f};
  measure_forms(bench, shape, layer);
}

void measure_f32(const Bench& bench, const Shape& shape) {
  const std::size_t columns = padded_columns(shape.columns);
  Array<float> x = random_f32(shape.rows * shape.depth);
  Array<float> weight = random_f32(columns * shape.depth);
  Array<float> bias = random_f32(columns);
  Array<float> y = zeros<float>(shape.rows * shape.columns);
  const LinearF32 layer = {
      {weight.data(), shape.depth, shape.columns}, bias.data(), Activation::identity, 0.0f};
  ThreadPool& pool = ThreadPool::shared();

  Workload workload = {"linear_f32",
                       shape.name(),
                       "operations",
                       shape.operations(),
                       shape.outputs(),
                       y.output(),
                       {}};
  for (const Isa isa : bench.isas) {
    const VectorLimits* limits = vector_limits(isa);
    if (limits == nullptr || limits->isa != isa) continue;  // gemm_f32 is written for these
    workload.contenders.push_back(
        {isa_name(isa),
         [&, isa] {
           linear_f32(layer, {x.data(), shape.rows, shape.depth, shape.depth},
                      {y.data(), shape.rows, shape.columns, shape.columns}, {isa, 1, &pool});
         },
         multiply_limit_f32(isa)});
  }
  bench.run(workload);
}

}  // namespace

void measure_linear(const Bench& bench) {
  for (const Shape& shape : kShapes) {
    measure_s8(bench, shape);
    measure_f32(bench, shape);
  }
}

}  // namespace fourfold
