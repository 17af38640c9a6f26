// Cuts an elementwise or rowwise operation into parts for the thread pool.
#pragma once

#include <algorithm>
#include <cstddef>

#include "matmul/blocking.h"
#include "matmul/execution.h"

namespace fourfold {

// Values that one part must have to be worth waking a worker: about 10 microseconds of a
// transcendental function, a few of a simple one.
inline constexpr std::size_t kValuesPerPart = 32768;

// Calls work(Range, part) for ranges that together are [0, items), each item being so many values.
// `part`, below execution.threads, tells apart those that run at once: each has scratch of its own.
template <class Work>
void share_out_parts(std::size_t items, std::size_t values_per_item, const Execution& execution,
                     const Work& work) {
  const std::size_t worth = items * values_per_item / kValuesPerPart;
  const std::size_t parts =
      std::min(items, std::max<std::size_t>(1, std::min(worth, execution.threads)));
  constexpr std::size_t kItemStep = 1;
  execution.pool->run(
      parts, [&](std::size_t part) { work(part_of(items, kItemStep, parts, part), part); });
}

// As share_out_parts, calling work(Range).
template <class Work>
void share_out(std::size_t items, std::size_t values_per_item, const Execution& execution,
               const Work& work) {
  share_out_parts(items, values_per_item, execution,
                  [&](Range range, std::size_t) { work(range); });
}

}  // namespace fourfold
