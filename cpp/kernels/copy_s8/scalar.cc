#include "kernels/copy_s8/body.h"

namespace fourfold {

extern const CopyS8Kernels copy_s8_scalar = {Isa::kScalar, copy_rows<>};

}  // namespace fourfold
