#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"
#include "kernels/pool/larger_s8_x86.h"

namespace fourfold {

extern const PoolKernels pool_avx2 =
    pool_kernels_on(Isa::kAvx2, larger_s8<Bytes32, Bytes16, OneByte>);

}  // namespace fourfold
