// layer_norm and rms_norm on rows of 768, in L2.
#include "kernels/normalize/normalize.h"

#include "limits/limits.h"
#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

constexpr std::size_t kRows = 128;
constexpr std::size_t kColumns = 768;
constexpr std::size_t kElements = kRows * kColumns;

using Norm = void (*NormalizeKernels::*)(const LayerNormBlock&);

void measure_norm(const Bench& bench, const char* name, Norm norm) {
  Array<float> x = random_f32(kElements);
  Array<float> y = zeros<float>(kElements);
  Array<float> gamma = random_f32(kColumns);
  Array<float> beta = random_f32(kColumns);
  LayerNormBlock block = {};
  block.x = x.data();
  block.y = y.data();
  block.x_stride = block.y_stride = block.columns = kColumns;
  block.rows = kRows;
  block.gamma = gamma.data();
  block.beta = beta.data();
  block.epsilon = 1e-5f;
  Workload workload = {name, "L2 128x768", "bytes", 4.0 * kElements, kElements, y.output(), {}};
  for (const Isa isa : bench.isas) {
    const NormalizeKernels& kernels = normalize_kernels(isa);
    if (kernels.isa != isa) continue;
    workload.contenders.push_back({isa_name(isa),
                                   [&kernels, norm, block] { (kernels.*norm)(block); },
                                   read_limit(isa, x.data(), x.size() * sizeof(float))});
  }
  bench.run(workload);
}

}  // namespace

void measure_normalize(const Bench& bench) {
  measure_norm(bench, "layer_norm", &NormalizeKernels::layer_norm);
  measure_norm(bench, "rms_norm", &NormalizeKernels::rms_norm);
}

}  // namespace fourfold
