// Which values of a program share a buffer, and how long each buffer is needed.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/inference.h"

namespace fourfold {

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Buffer {
  std::size_t bytes;
  std::size_t first;           // the step that first writes it
  std::size_t last;            // the last step that reads or writes it
  std::size_t output = kNone;  // the output of the program that it is, if it is one
};

struct Buffers {
  std::vector<Buffer> buffers;
  std::vector<std::size_t> of_value;  // kNone for inputs, constants and what is known ahead
  std::vector<ValueNumber> root;      // of each value: the value whose very bytes it is, or itself
};

// One buffer for each value that a step makes, except where an op views its input, or writes over
// one that dies. A value that the program returns gets the buffer of the (first) output that it is.
Buffers assign_buffers(const Program& program, const Inference& inference);

}  // namespace fourfold
