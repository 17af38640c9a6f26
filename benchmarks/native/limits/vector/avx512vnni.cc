#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "limits/vector/body.h"

namespace fourfold {

extern const VectorLimits vector_avx512vnni = vector_limits_on(Isa::kAvx512Vnni);

}  // namespace fourfold
