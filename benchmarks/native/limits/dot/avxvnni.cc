#include <immintrin.h>

namespace fourfold {
namespace {

using Register = __m256i;

inline void dot(Register& sum, Register a, Register b) {
  asm volatile("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}

}  // namespace
}  // namespace fourfold

#include "limits/dot/body.h"

namespace fourfold {

extern const DotLimit dot_avxvnni = {Isa::kAvxVnni, "vpdpbusd ymm", 2 * 32 * kSums, run};

}  // namespace fourfold
