// gemm_s8 with one to three rows: bound by how fast the weights can be read from where they live.
#include "limits/limits.h"
#include "workloads/gemm_s8_operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

// Deep enough that a column's start and end don't count, and what fits in a level as columns.
constexpr std::size_t kDepth = 1024;
constexpr std::size_t kColumnStep = 64;
constexpr std::size_t kRows = 3;

void measure_level(const Bench& bench, const Level& level) {
  const std::size_t columns = level.bytes / kDepth / kColumnStep * kColumnStep;
  GemmS8Operands operands({kRows, kDepth, columns});
  const Array<std::int8_t>& weights = operands.b;
  for (std::size_t rows = 1; rows <= kRows; ++rows) {
    const Shape shape = {rows, kDepth, columns};
    Workload workload = {"gemv",
                         std::string(level.name) + " " + shape.name(),
                         "bytes",
                         static_cast<double>(weights.size()),
                         shape.outputs(),
                         operands.c.output(),
                         {}};
    for (const Isa isa : bench.isas) {
      const GemmS8Kernels& kernels = gemm_s8_kernels(isa, rows);
      if (kernels.isa != isa || isa == Isa::kScalar) continue;
      const GemmS8Block block = operands.block(kernels, rows);
      workload.contenders.push_back(
          {isa_name(isa), [&kernels, block] { kernels.block(block); },
           read_limit(isa, weights.data(), weights.size(), level.beyond_l2)});
    }
    bench.run(workload);
  }
}

}  // namespace

void measure_gemv(const Bench& bench) {
  for (const Level& level : {bench.levels.l2, bench.levels.l3, bench.levels.dram})
    measure_level(bench, level);
}

}  // namespace fourfold
