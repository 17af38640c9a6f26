#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/normalize/body.h"

namespace fourfold {

extern const NormalizeKernels normalize_scalar = normalize_kernels_on(Isa::kScalar);

}  // namespace fourfold
