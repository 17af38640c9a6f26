#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/binary/body.h"

namespace fourfold {

extern const BinaryKernels binary_avx512vnni = binary_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
