#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/normalize/body.h"

namespace fourfold {

extern const NormalizeKernels normalize_avx2 = normalize_kernels_on(Isa::kAvx2);

}  // namespace fourfold
