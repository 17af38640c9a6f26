#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/binary/body.h"

namespace fourfold {

extern const BinaryKernels binary_scalar = binary_kernels_on(Isa::kScalar);

}  // namespace fourfold
