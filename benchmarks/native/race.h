// Timing in rounds: every call is timed once a round, so that a busy neighbour or a changing clock
// slows them all alike.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace fourfold {

using Call = std::function<void()>;

// Nanoseconds of one call.
struct Timing {
  double minimum;  // what the machine can do
  double median;   // what it did
};

struct Race {
  std::vector<Timing> timings;  // one per call
  double cycles_per_ns;  // from a chain of dependent additions, one a cycle, in the same rounds
};

// Each sample repeats its call until about 0.3 ms have passed: the clock's own 20 to 50 ns vanish.
Race race(const std::vector<Call>& calls, std::size_t rounds);

}  // namespace fourfold
