#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/activation/body.h"

namespace fourfold {

extern const ActivationKernels activation_scalar = activation_kernels_on(Isa::kScalar);

}  // namespace fourfold
