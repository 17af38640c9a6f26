// The INT8 linear layer: rows of int8, from whatever an Operand makes them of, times packed weights,
// and an epilogue on the sums while they are in L1.
//
//   v = activation(x @ weight + bias + residual) * post.scale + post.shift
//
// x: rows x depth, v: rows x columns; residual and post may be absent.
//
// operand.h says what x may be, epilogue.h the order of the roundings and what becomes of v. A row's
// result depends on that row alone, and not on the ISA, the threads or the rows beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "kernels/activation/activation.h"
#include "matmul/epilogue.h"
#include "matmul/execution.h"
#include "matmul/operand.h"
#include "matmul/packed_weights.h"

namespace fourfold {

struct LinearS8 {
  PackedS8 weight;
  const float* column_scales;  // columns of them; null if the output is the sums
  const float* bias;           // likewise
  const std::int32_t*
      column_sums;        // padded_columns(columns), from sum_columns; null if they are not read
  Activation activation;  // elementwise
  float alpha;
  ColumnAffine post = {nullptr, nullptr};  // of columns values
};

// True if the kernel for so many rows reads column_sums.
bool linear_s8_reads_column_sums(std::size_t rows, const Execution& execution);

// Scratch that linear_s8 needs under the same execution, in bytes: memory of that size, on a
// 64-byte boundary. Never more for fewer rows.
std::size_t linear_s8_scratch_bytes(const LinearS8& layer, OutputForm form, std::size_t rows,
                                    const Execution& execution);

// x has the layer's depth. residual: rows x columns, may be the output itself.
void linear_s8(const LinearS8& layer, const Operand& x, const Residual& residual,
               const Output& output, std::byte* scratch, const Execution& execution);

}  // namespace fourfold
