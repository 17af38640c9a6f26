#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/zero_point/body.h"

namespace fourfold {

extern const ZeroPointKernels zero_point_avx2 = zero_point_kernels_on(Isa::kAvx2);

}  // namespace fourfold
