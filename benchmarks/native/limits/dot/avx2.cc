// The exact way of plain AVX2: int16 products in pairs (vpmaddwd), then an addition.
#include <immintrin.h>

namespace fourfold {
namespace {

using Register = __m256i;

inline void dot(Register& sum, Register a, Register b) {
  Register products;
  asm volatile("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0"
               : "+x"(sum), "=&x"(products)
               : "x"(a), "x"(b));
}

}  // namespace
}  // namespace fourfold

#include "limits/dot/body.h"

namespace fourfold {

extern const DotLimit dot_avx2 = {Isa::kAvx2, "vpmaddwd + vpaddd ymm", 2 * 16 * kSums, run};

}  // namespace fourfold
