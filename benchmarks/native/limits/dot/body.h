// The loop, over what each ISA's file defines before it includes this:
//   Register             the vector type
//   dot(sum, a, b)       one instruction, or the shortest exact sequence, in assembly: a compiler
//                        would work out the product of constants once for all
// Twelve sums hide the latency (4 to 6 cycles, two a cycle) and leave room for a and b in 16
// registers.
#pragma once

#include "base/unroll.h"
#include "limits/dot/dot.h"

namespace fourfold {
namespace {

constexpr int kSums = 12;

void run() {
  const Register a{};
  const Register b{};
  Register sums[kSums] = {};
  for (int step = 0; step < kDotSteps; ++step) {
    FOURFOLD_UNROLL
    for (int s = 0; s < kSums; ++s)
      dot(sums[s], a, b);
  }
}

}  // namespace
}  // namespace fourfold
