#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/depthwise_f32/body.h"

namespace fourfold {

extern const DepthwiseF32Kernels depthwise_f32_avx2 = depthwise_f32_kernels_on<4, 2>(Isa::kAvx2);

}  // namespace fourfold
