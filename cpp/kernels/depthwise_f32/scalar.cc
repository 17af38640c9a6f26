#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/depthwise_f32/body.h"

namespace fourfold {

extern const DepthwiseF32Kernels depthwise_f32_scalar =
    depthwise_f32_kernels_on<4, 1>(Isa::kScalar);

}  // namespace fourfold
