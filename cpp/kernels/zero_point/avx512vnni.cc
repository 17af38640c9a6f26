#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/zero_point/body.h"

namespace fourfold {

extern const ZeroPointKernels zero_point_avx512vnni = zero_point_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
