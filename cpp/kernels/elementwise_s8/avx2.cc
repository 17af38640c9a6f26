#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/elementwise_s8/body.h"

namespace fourfold {

extern const ElementwiseS8Kernels elementwise_s8_avx2 = elementwise_s8_kernels_on(Isa::kAvx2);

}  // namespace fourfold
