// The limits themselves: the machine's peaks.
#include "limits/limits.h"

#include "operands.h"
#include "workloads/workloads.h"

namespace fourfold {
namespace {

// A limit as a contender, beside itself: its share says how steady the machine was.
void add(std::vector<Contender>& contenders, Isa isa, const Limit& limit) {
  if (limit.call) contenders.push_back({isa_name(isa), limit.call, limit});
}

// One workload per limit: they differ in what one call does.
void run_each(const Bench& bench, const std::string& name, const std::string& unit,
              const std::vector<Contender>& contenders) {
  for (const Contender& contender : contenders) {
    bench.run(
        {"limits", name + contender.limit.name, unit, contender.limit.work, 0.0, {}, {contender}});
  }
}

void measure_reads(const Bench& bench, const Level& level) {
  Array<float> data = random_f32(level.bytes / sizeof(float));
  std::vector<Contender> contenders;
  for (const Isa isa : bench.isas) {
    const VectorLimits* limits = vector_limits(isa);
    if (limits != nullptr && limits->isa == isa)
      add(contenders, isa, read_limit(isa, data.data(), level.bytes, level.beyond_l2));
  }
  run_each(bench, std::string(level.name) + " ", "bytes", contenders);
}

}  // namespace

void measure_limits(const Bench& bench) {
  std::vector<Contender> dots;
  std::vector<Contender> fmas;
  for (const Isa isa : bench.isas) {
    const DotLimit* dot = dot_limit(isa);
    if (dot != nullptr && dot->isa == isa) add(dots, isa, multiply_limit_s8(isa));
    const VectorLimits* vector = vector_limits(isa);
    if (vector != nullptr && vector->isa == isa) add(fmas, isa, multiply_limit_f32(isa));
  }
  run_each(bench, "", "operations", dots);
  run_each(bench, "", "operations", fmas);
  for (const Level& level :
       {bench.levels.l1, bench.levels.l2, bench.levels.l3, bench.levels.dram}) {
    measure_reads(bench, level);
  }
}

}  // namespace fourfold
