// How many parts a convolution's work is worth cutting into.
#pragma once

#include <algorithm>
#include <cstddef>

#include "matmul/execution.h"

namespace fourfold {

// Work below this, about 8 microseconds of vector kernels, is done faster than a worker wakes.
inline constexpr std::size_t kMultiplyAddsPerPart = 400000;

inline std::size_t conv_parts(std::size_t tasks, std::size_t multiply_adds,
                              const Execution& execution) {
  const std::size_t worth = multiply_adds / kMultiplyAddsPerPart;
  return std::clamp<std::size_t>(worth, 1,
                                 std::max<std::size_t>(1, std::min(tasks, execution.threads)));
}

}  // namespace fourfold
