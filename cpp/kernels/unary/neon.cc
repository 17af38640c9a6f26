#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/unary/body.h"

namespace fourfold {

extern const UnaryKernels unary_neon = unary_kernels_on(Isa::kNeon);

}  // namespace fourfold
