// gemm_s8 and gemm_f32: one kernel call, operands in L1 and in L2.
#include "kernels/gemm_f32/gemm_f32.h"
#include "limits/limits.h"
#include "matmul/packed_weights.h"
#include "operands.h"
#include "workloads/gemm_s8_operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

// Rows are a multiple of every row tile.
constexpr Shape kShapes[] = {{96, 128, 64}, {96, 1024, 128}};

void measure_s8(const Bench& bench, const Shape& shape) {
  GemmS8Operands operands(shape);
  Workload workload = {"gemm_s8",
                       shape.name(),
                       "operations",
                       shape.operations(),
                       shape.outputs(),
                       operands.c.output(),
                       {}};
  for (const Isa isa : bench.isas) {
    const GemmS8Kernels& kernels = gemm_s8_kernels(isa, shape.rows);
    if (kernels.isa != isa) continue;
    const GemmS8Block block = operands.block(kernels, shape.rows);
    workload.contenders.push_back(
        {isa_name(isa), [&kernels, block] { kernels.block(block); }, multiply_limit_s8(isa)});
  }
  bench.run(workload);
}

void measure_f32(const Bench& bench, const Shape& shape) {
  Array<float> x = random_f32(shape.rows * shape.depth);
  Array<float> w = random_f32(shape.depth * shape.columns);
  Array<float> bias = random_f32(shape.columns);
  Array<float> y = zeros<float>(shape.rows * shape.columns);
  const PackedF32 packed = {w.data(), shape.depth, shape.columns};
  const GemmF32Block block = {
      x.data(),      shape.depth, packed.panels_from(0), bias.data(),   nullptr,    y.data(),
      shape.columns, shape.rows,  shape.columns,         shape.columns, shape.depth};
  Workload workload = {
      "gemm_f32", shape.name(), "operations", shape.operations(), shape.outputs(), y.output(), {}};
  for (const Isa isa : bench.isas) {
    const GemmF32Kernels& kernels = gemm_f32_kernels(isa);
    if (kernels.isa != isa) continue;
    workload.contenders.push_back(
        {isa_name(isa), [&kernels, block] { kernels.block(block); }, multiply_limit_f32(isa)});
  }
  bench.run(workload);
}

}  // namespace

void measure_gemm(const Bench& bench) {
  for (const Shape& shape : kShapes) {
    measure_s8(bench, shape);
    measure_f32(bench, shape);
  }
}

}  // namespace fourfold
