#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"

namespace fourfold {

extern const PoolKernels pool_scalar = pool_kernels_on(Isa::kScalar);

}  // namespace fourfold
