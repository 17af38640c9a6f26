#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/quantize/body.h"

namespace fourfold {

extern const QuantizeKernels quantize_avx512vnni = quantize_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
