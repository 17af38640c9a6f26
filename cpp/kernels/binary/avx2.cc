#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/binary/body.h"

namespace fourfold {

extern const BinaryKernels binary_avx2 = binary_kernels_on(Isa::kAvx2);

}  // namespace fourfold
