#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "limits/vector/body.h"

namespace fourfold {

extern const VectorLimits vector_avx2 = vector_limits_on(Isa::kAvx2);

}  // namespace fourfold
