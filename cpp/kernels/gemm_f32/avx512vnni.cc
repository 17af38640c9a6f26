#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/gemm_f32/body.h"

namespace fourfold {

extern const GemmF32Kernels gemm_f32_avx512vnni = gemm_f32_kernels_on<24, 4, 8>(Isa::kAvx512Vnni);

}  // namespace fourfold
