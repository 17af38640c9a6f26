#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/reduce/body.h"

namespace fourfold {

extern const ReduceKernels reduce_neon = reduce_kernels_on(Isa::kNeon);

}  // namespace fourfold
