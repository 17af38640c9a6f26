#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/gemm_f32/body.h"

namespace fourfold {

extern const GemmF32Kernels gemm_f32_scalar = gemm_f32_kernels_on<1, 1, 1>(Isa::kScalar);

}  // namespace fourfold
