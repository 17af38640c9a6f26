#include <immintrin.h>

namespace fourfold {
namespace {

using Register = __m512i;

inline void dot(Register& sum, Register a, Register b) {
  asm volatile("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}

}  // namespace
}  // namespace fourfold

#include "limits/dot/body.h"

namespace fourfold {

extern const DotLimit dot_avx512vnni = {Isa::kAvx512Vnni, "vpdpbusd zmm", 2 * 64 * kSums, run};

}  // namespace fourfold
