#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/gemm_f32/body.h"

namespace fourfold {

extern const GemmF32Kernels gemm_f32_neon = gemm_f32_kernels_on<6, 1, 4>(Isa::kNeon);

}  // namespace fourfold
