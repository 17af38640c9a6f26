#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/unary/body.h"

namespace fourfold {

extern const UnaryKernels unary_scalar = unary_kernels_on(Isa::kScalar);

}  // namespace fourfold
