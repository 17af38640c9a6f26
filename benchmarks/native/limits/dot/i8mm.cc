#include <arm_neon.h>

namespace fourfold {
namespace {

using Register = int32x4_t;

inline void dot(Register& sum, Register a, Register b) {
  asm volatile("smmla %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
}

}  // namespace
}  // namespace fourfold

#include "limits/dot/body.h"

namespace fourfold {

extern const DotLimit dot_i8mm = {Isa::kI8mm, "smmla", 2 * 32 * kSums, run};

}  // namespace fourfold
