#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/deinterleave/body.h"

namespace fourfold {

extern const DeinterleaveKernels deinterleave_avx512vnni =
    deinterleave_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
