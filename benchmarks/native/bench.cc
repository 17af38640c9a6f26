#include "bench.h"

#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace fourfold {
namespace {

constexpr int kUnwritten = 0xEE;

void check_answers(const Workload& workload) {
  const OutputBytes& output = workload.output;
  std::string first(output.bytes, '\0');
  for (const Contender& contender : workload.contenders) {
    if (output.bytes == 0) return;
    std::memset(output.data, kUnwritten, output.bytes);
    contender.call();
    if (&contender == &workload.contenders.front()) {
      std::memcpy(first.data(), output.data, output.bytes);
    } else if (std::memcmp(first.data(), output.data, output.bytes) != 0) {
      throw std::runtime_error(workload.family + " " + workload.name + ": " + contender.kernel +
                               " answers otherwise than " + workload.contenders.front().kernel);
    }
  }
}

}  // namespace

void Bench::run(const Workload& workload) const {
  check_answers(workload);
  std::vector<Call> calls;
  for (const Contender& contender : workload.contenders) {
    calls.push_back(contender.call);
    calls.push_back(contender.limit.call ? contender.limit.call : [] {});
  }
  const Race result = race(calls, rounds);
  for (std::size_t i = 0; i < workload.contenders.size(); ++i) {
    const Contender& contender = workload.contenders[i];
    const Timing& timing = result.timings[2 * i];
    const Timing& limit = result.timings[2 * i + 1];
    std::printf(
        "{\"family\": \"%s\", \"workload\": \"%s\", \"kernel\": \"%s\", \"unit\": \"%s\", "
        "\"work\": %.0f, \"elements\": %.0f, \"nanoseconds\": %.3f, \"median_nanoseconds\": %.3f, "
        "\"limit\": \"%s\", \"limit_per_nanosecond\": %.4f, \"cycles_per_nanosecond\": %.4f}\n",
        workload.family.c_str(), workload.name.c_str(), contender.kernel.c_str(),
        workload.unit.c_str(), workload.work, workload.elements, timing.minimum, timing.median,
        contender.limit.name.c_str(), contender.limit.work / limit.minimum, result.cycles_per_ns);
  }
  std::fflush(stdout);
}

}  // namespace fourfold
