#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/deinterleave/body.h"

namespace fourfold {

extern const DeinterleaveKernels deinterleave_scalar = deinterleave_kernels_on(Isa::kScalar);

}  // namespace fourfold
