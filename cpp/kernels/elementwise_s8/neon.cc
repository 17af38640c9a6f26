#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/elementwise_s8/body.h"

namespace fourfold {

extern const ElementwiseS8Kernels elementwise_s8_neon = elementwise_s8_kernels_on(Isa::kNeon);

}  // namespace fourfold
