#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/binary/body.h"

namespace fourfold {

extern const BinaryKernels binary_neon = binary_kernels_on(Isa::kNeon);

}  // namespace fourfold
