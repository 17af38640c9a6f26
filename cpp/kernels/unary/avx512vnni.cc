#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/unary/body.h"

namespace fourfold {

extern const UnaryKernels unary_avx512vnni = unary_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
