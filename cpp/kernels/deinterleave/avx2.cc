#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/deinterleave/body.h"

namespace fourfold {

extern const DeinterleaveKernels deinterleave_avx2 = deinterleave_kernels_on(Isa::kAvx2);

}  // namespace fourfold
