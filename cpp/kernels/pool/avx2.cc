#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"

namespace fourfold {

extern const PoolKernels pool_avx2 = pool_kernels_on(Isa::kAvx2);

}  // namespace fourfold
