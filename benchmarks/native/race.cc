#include "race.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace fourfold {
namespace {

constexpr double kSampleNs = 3e5;
constexpr int kChainedAdditions = 100000;

double now() {
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::nano>(time).count();
}

// Register to register: an immediate would be added for nothing at rename on Intel since 2021.
void chain_of_additions() {
  std::size_t sum = 1;
  const std::size_t step = 3;
  for (int i = 0; i < kChainedAdditions; i += 10) {
#if defined(__x86_64__)
#define FOURFOLD_ADD "add %1, %0\n\t"
#else
#define FOURFOLD_ADD "add %0, %0, %1\n\t"
#endif
    asm volatile(FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD
                     FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD FOURFOLD_ADD
                 : "+r"(sum)
                 : "r"(step));
#undef FOURFOLD_ADD
  }
}

double sample(const Call& call, std::size_t repeats) {
  const double start = now();
  for (std::size_t i = 0; i < repeats; ++i)
    call();
  return (now() - start) / static_cast<double>(repeats);
}

// The first call pays for page faults and cold caches, and is not counted.
std::size_t choose_repeats(const Call& call) {
  call();
  const double once = std::max(1.0, sample(call, 1));
  const std::size_t first = static_cast<std::size_t>(std::ceil(kSampleNs / once / 10));
  return std::max<std::size_t>(1, std::llround(kSampleNs / sample(call, first)));
}

Timing summary(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {samples.front(), samples[samples.size() / 2]};
}

}  // namespace

Race race(const std::vector<Call>& calls, std::size_t rounds) {
  std::vector<Call> all = calls;
  all.emplace_back(chain_of_additions);
  std::vector<std::size_t> repeats;
  for (const Call& call : all)
    repeats.push_back(choose_repeats(call));

  std::vector<std::vector<double>> samples(all.size());
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < all.size(); ++i)
      samples[i].push_back(sample(all[i], repeats[i]));
  }
  Race result;
  for (const std::vector<double>& of_call : samples)
    result.timings.push_back(summary(of_call));
  result.cycles_per_ns = kChainedAdditions / result.timings.back().minimum;
  result.timings.pop_back();
  return result;
}

}  // namespace fourfold
