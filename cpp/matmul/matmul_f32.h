// y = a @ b in float32, of two matrices that come with the call. The order of sums is that of
// kernels/gemm_f32, starting from 0.
//
// With many rows, b is packed first, as weights are. With few, packing would take longer than what
// it saves: b is read as it lies.
#pragma once

#include <cstddef>

#include "base/matrix_view.h"
#include "matmul/execution.h"

namespace fourfold {

struct MatmulF32 {
  MatrixView<const float> a;  // rows x depth
  MatrixView<const float> b;  // depth x columns; transposed: columns x depth
  bool transposed;
  MatrixView<float> y;  // rows x columns
};

std::size_t matmul_f32_scratch_bytes(std::size_t rows, std::size_t depth, std::size_t columns,
                                     bool transposed);

// scratch: on a 64-byte boundary.
void matmul_f32(const MatmulF32& product, std::byte* scratch, const Execution& execution);

}  // namespace fourfold
