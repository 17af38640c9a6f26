#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/unary/body.h"

namespace fourfold {

extern const UnaryKernels unary_avx2 = unary_kernels_on(Isa::kAvx2);

}  // namespace fourfold
