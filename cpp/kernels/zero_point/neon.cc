#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/zero_point/body.h"

namespace fourfold {

extern const ZeroPointKernels zero_point_neon = zero_point_kernels_on(Isa::kNeon);

}  // namespace fourfold
