#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/quantize/body.h"

namespace fourfold {

extern const QuantizeKernels quantize_avx2 = quantize_kernels_on(Isa::kAvx2);

}  // namespace fourfold
