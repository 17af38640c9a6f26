#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/activation/body.h"

namespace fourfold {

extern const ActivationKernels activation_avx2 = activation_kernels_on(Isa::kAvx2);

}  // namespace fourfold
