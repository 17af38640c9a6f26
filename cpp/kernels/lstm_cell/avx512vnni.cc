#include "kernels/simd/avx512.h"
// The vocabulary comes first: the body is written over it.
#include "kernels/lstm_cell/body.h"

namespace fourfold {

extern const LstmCellKernels lstm_cell_avx512vnni = lstm_cell_kernels_on(Isa::kAvx512Vnni);

}  // namespace fourfold
