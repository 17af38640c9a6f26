#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/elementwise_s8/body.h"

namespace fourfold {

extern const ElementwiseS8Kernels elementwise_s8_avx512vnni =
    elementwise_s8_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
