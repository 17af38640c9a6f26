#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/activation/body.h"

namespace fourfold {

extern const ActivationKernels activation_neon = activation_kernels_on(Isa::kNeon);

}  // namespace fourfold
