#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/reduce/body.h"

namespace fourfold {

extern const ReduceKernels reduce_avx2 = reduce_kernels_on(Isa::kAvx2);

}  // namespace fourfold
