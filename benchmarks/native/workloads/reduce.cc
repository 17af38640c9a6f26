// reduce: rows of 768 in L2.
#include "kernels/reduce/reduce.h"

#include "limits/limits.h"
#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

constexpr std::size_t kRows = 128;
constexpr std::size_t kColumns = 768;
constexpr std::size_t kElements = kRows * kColumns;
constexpr char kName[] = "L2 128x768";

}  // namespace

void measure_reduce(const Bench& bench) {
  Array<float> x = random_f32(kElements);
  const float* data = x.data();
  Array<float> largest = zeros<float>(kRows);
  Array<Moments> moments_of = zeros<Moments>(kRows);
  float* const to_largest = largest.data();
  Moments* const to_moments = moments_of.data();
  Workload absmax = {"absmax", kName, "bytes", 4.0 * kElements, kElements, largest.output(), {}};
  Workload moments = {"moments",           kName, "bytes", 4.0 * kElements, kElements,
                      moments_of.output(), {}};
  for (const Isa isa : bench.isas) {
    const ReduceKernels& kernels = reduce_kernels(isa);
    if (kernels.isa != isa) continue;
    const Limit limit = read_limit(isa, data, x.size() * sizeof(float));
    absmax.contenders.push_back({isa_name(isa),
                                 [&kernels, data, to_largest] {
                                   for (std::size_t r = 0; r < kRows; ++r)
                                     to_largest[r] = kernels.absmax(data + r * kColumns, kColumns);
                                 },
                                 limit});
    moments.contenders.push_back({isa_name(isa),
                                  [&kernels, data, to_moments] {
                                    for (std::size_t r = 0; r < kRows; ++r)
                                      to_moments[r] =
                                          kernels.moments(data + r * kColumns, kColumns);
                                  },
                                  limit});
  }
  bench.run(absmax);
  bench.run(moments);
}

}  // namespace fourfold
