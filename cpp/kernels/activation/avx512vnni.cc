#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/activation/body.h"

namespace fourfold {

extern const ActivationKernels activation_avx512vnni = activation_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
