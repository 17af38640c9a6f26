// The exact way of base NEON: two products per int16 sum, then pairs of those onto int32.
#include <arm_neon.h>

namespace fourfold {
namespace {

using Register = int32x4_t;

inline void dot(Register& sum, Register a, Register b) {
  Register products;
  asm volatile("smull %1.8h, %2.8b, %3.8b\n\tsmlal2 %1.8h, %2.16b, %3.16b\n\tsadalp %0.4s, %1.8h"
               : "+w"(sum), "=&w"(products)
               : "w"(a), "w"(b));
}

}  // namespace
}  // namespace fourfold

#include "limits/dot/body.h"

namespace fourfold {

extern const DotLimit dot_neon = {Isa::kNeon, "smull + smlal2 + sadalp", 2 * 16 * kSums, run};

}  // namespace fourfold
