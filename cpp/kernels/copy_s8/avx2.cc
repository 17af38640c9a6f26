#include "kernels/copy_s8/avx2.h"

namespace fourfold {

extern const CopyS8Kernels copy_s8_avx2 = {Isa::kAvx2, copy_rows<Piece32, Piece16>};

}  // namespace fourfold
