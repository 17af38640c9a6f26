#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/normalize/body.h"

namespace fourfold {

extern const NormalizeKernels normalize_neon = normalize_kernels_on(Isa::kNeon);

}  // namespace fourfold
