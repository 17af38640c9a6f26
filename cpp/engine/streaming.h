// Running a program a few rows at a time, from its inputs to its outputs: what lies between stays in
// the cache, and each thread carries rows of its own, without meeting the others at every step.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/program.h"
#include "matmul/execution.h"

namespace fourfold {

// Lanes begin on multiples of this many rows: whole register tiles of the vector kernels.
inline constexpr std::size_t kLaneStep = 12;

struct Streaming {
  std::size_t rows;        // of the call
  std::size_t chunk_rows;  // at a time; 0: the program does not stream
  std::size_t lanes;       // threads, each with memory and a range of rows of its own
};

// `types` are those of all values in one call. A program streams if every step treats its rows (the
// first axis) one by one, and if there are enough of them to be worth it.
Streaming choose_streaming(const Program& program, const std::vector<TensorType>& types,
                           const Execution& execution);

}  // namespace fourfold
