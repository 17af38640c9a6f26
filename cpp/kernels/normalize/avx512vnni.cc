#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/normalize/body.h"

namespace fourfold {

extern const NormalizeKernels normalize_avx512vnni = normalize_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
