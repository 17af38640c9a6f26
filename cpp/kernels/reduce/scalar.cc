#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/reduce/body.h"

namespace fourfold {

extern const ReduceKernels reduce_scalar = reduce_kernels_on(Isa::kScalar);

}  // namespace fourfold
