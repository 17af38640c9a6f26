#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/gemm_f32/body.h"

namespace fourfold {

extern const GemmF32Kernels gemm_f32_neon = {Isa::kNeon, multiply<6, 1>};

}  // namespace fourfold
