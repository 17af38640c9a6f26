#include "kernels/simd/avx2.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/lstm_cell/body.h"

namespace fourfold {

extern const LstmCellKernels lstm_cell_avx2 = lstm_cell_kernels_on(Isa::kAvx2);

}  // namespace fourfold
