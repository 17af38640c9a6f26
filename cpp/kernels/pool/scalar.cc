#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"
#include "kernels/pool/larger_s8.h"

namespace fourfold {

extern const PoolKernels pool_scalar = pool_kernels_on(Isa::kScalar, larger_s8<OneByte>);

}  // namespace fourfold
