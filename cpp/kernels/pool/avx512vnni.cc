#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/pool/body.h"

namespace fourfold {

extern const PoolKernels pool_avx512vnni = pool_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
