#include "kernels/simd/neon.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/lstm_cell/body.h"

namespace fourfold {

extern const LstmCellKernels lstm_cell_neon = lstm_cell_kernels_on(Isa::kNeon);

}  // namespace fourfold
