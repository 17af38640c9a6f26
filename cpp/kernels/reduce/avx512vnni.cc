#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/reduce/body.h"

namespace fourfold {

extern const ReduceKernels reduce_avx512vnni = reduce_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
