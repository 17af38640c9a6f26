// What is timed, and the line that is printed for it.
#pragma once

#include <string>
#include <vector>

#include "caches.h"
#include "isa/isa.h"
#include "race.h"

namespace fourfold {

// The most that the machine can do of the same work: a loop that does nothing else. Without a call
// there is none, and its rate is printed as 0.
struct Limit {
  std::string name;  // "vpdpbusd zmm", "streaming read"
  double work;       // of one call, in the workload's unit
  Call call;
};

struct Contender {
  std::string kernel;  // the ISA that it is written for
  Call call;
  Limit limit;
};

struct OutputBytes {
  void* data = nullptr;
  std::size_t bytes = 0;
};

// One thing to do, by several kernels that take turns, each beside its limit.
struct Workload {
  std::string family;  // "gemm_s8"
  std::string name;    // "48x64x384"
  std::string unit;    // "operations", or "bytes" read
  double work;         // of one call, in that unit
  double elements;     // of the output
  OutputBytes output;  // that every kernel writes, with the same bits
  std::vector<Contender> contenders;
};

struct Bench {
  std::vector<Isa> isas;  // supported, worst first
  Levels levels;
  std::size_t rounds;

  // Times the workload and prints one JSON object per contender, a line each. Throws
  // std::runtime_error, and times nothing, if two kernels give different answers.
  void run(const Workload& workload) const;
};

}  // namespace fourfold
