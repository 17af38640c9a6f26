#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/depthwise_f32/body.h"

namespace fourfold {

extern const DepthwiseF32Kernels depthwise_f32_avx512vnni =
    depthwise_f32_kernels_on<4, 4>(Isa::kAvx512Vnni);

}  // namespace fourfold
