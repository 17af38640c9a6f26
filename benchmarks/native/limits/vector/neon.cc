#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "limits/vector/body.h"

namespace fourfold {

extern const VectorLimits vector_neon = vector_limits_on(Isa::kNeon);

}  // namespace fourfold
