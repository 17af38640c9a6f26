#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/deinterleave/body.h"

namespace fourfold {

extern const DeinterleaveKernels deinterleave_neon = deinterleave_kernels_on(Isa::kNeon);

}  // namespace fourfold
