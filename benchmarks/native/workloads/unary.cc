// Every unary function, input and output in L1 together.
#include "kernels/unary/unary.h"

#include "limits/limits.h"
#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

constexpr std::size_t kElements = 4096;

}  // namespace

void measure_unary(const Bench& bench) {
  Array<float> x = random_f32(kElements);
  Array<float> y = zeros<float>(kElements);
  const UnaryBlock block = {x.data(), y.data(), kElements, 0.2f, 0.5f};
  for (std::size_t i = 0; i < kUnaryCount; ++i) {
    Workload workload = {kUnaryNames[i], "L1 4096",  "bytes", 4.0 * kElements,
                         kElements,      y.output(), {}};
    for (const Isa isa : bench.isas) {
      const UnaryKernels& kernels = unary_kernels(isa);
      if (kernels.isa != isa) continue;
      const UnaryFunction function = kernels.of(static_cast<Unary>(i));
      workload.contenders.push_back({isa_name(isa), [function, block] { function(block); },
                                     read_limit(isa, x.data(), x.size() * sizeof(float))});
    }
    bench.run(workload);
  }
}

}  // namespace fourfold
