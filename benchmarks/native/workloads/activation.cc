// Every activation on rows of 128, input and output in L1 together.
#include "kernels/activation/activation.h"

#include "limits/limits.h"
#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

constexpr std::size_t kRows = 32;
constexpr std::size_t kColumns = 128;
constexpr std::size_t kElements = kRows * kColumns;

}  // namespace

void measure_activation(const Bench& bench) {
  Array<float> x = random_f32(kElements);
  Array<float> y = zeros<float>(kElements);
  const ActivationBlock block = {x.data(), kColumns, y.data(), kColumns, kRows, kColumns, 0.2f};
  for (std::size_t i = 0; i < kActivationCount; ++i) {
    Workload workload = {kActivationNames[i], "L1 32x128", "bytes", 4.0 * kElements,
                         kElements,           y.output(),  {}};
    for (const Isa isa : bench.isas) {
      const ActivationKernels& kernels = activation_kernels(isa);
      if (kernels.isa != isa) continue;
      const ActivationFunction function = activation_function(kernels, static_cast<Activation>(i));
      workload.contenders.push_back({isa_name(isa), [function, block] { function(block); },
                                     read_limit(isa, x.data(), x.size() * sizeof(float))});
    }
    bench.run(workload);
  }
}

}  // namespace fourfold
