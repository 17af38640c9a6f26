#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/zero_point/body.h"

namespace fourfold {

extern const ZeroPointKernels zero_point_scalar = zero_point_kernels_on(Isa::kScalar);

}  // namespace fourfold
