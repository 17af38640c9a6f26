#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"

namespace fourfold {

extern const PoolKernels pool_neon = pool_kernels_on(Isa::kNeon);

}  // namespace fourfold
