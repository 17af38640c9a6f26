#include "kernels/simd/scalar.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/quantize/body.h"

namespace fourfold {

extern const QuantizeKernels quantize_scalar = quantize_kernels_on(Isa::kScalar);

}  // namespace fourfold
