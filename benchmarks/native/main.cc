// kernel_benchmarks [rounds [family]]: times every workload, or those of one family.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "base/float_environment.h"
#include "bench.h"
#include "isa/select.h"
#include "workloads/workloads.h"

int main(int count, char** arguments) {
  using namespace fourfold;
  try {
    const std::size_t rounds = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 11;
    if (rounds == 0) {
      std::fprintf(stderr, "usage: %s [rounds [family]]\n", arguments[0]);
      return 2;
    }
    const Bench bench = {supported_isas(), working_sets(read_caches()), rounds};
    const FloatEnvironment float_environment;
    for (const Family& family : kFamilies) {
      if (count < 3 || std::strcmp(arguments[2], family.name) == 0) family.measure(bench);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
