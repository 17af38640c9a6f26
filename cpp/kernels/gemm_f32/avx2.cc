#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/gemm_f32/body.h"

namespace fourfold {

extern const GemmF32Kernels gemm_f32_avx2 = gemm_f32_kernels_on<6, 1, 4>(Isa::kAvx2);

}  // namespace fourfold
