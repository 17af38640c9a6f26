#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/quantize/body.h"

namespace fourfold {

extern const QuantizeKernels quantize_neon = quantize_kernels_on(Isa::kNeon);

}  // namespace fourfold
