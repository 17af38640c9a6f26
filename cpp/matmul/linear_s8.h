// The INT8 linear layer: quantize rows, multiply, dequantize, add bias, activate.
//
//   y = activation(x @ weight + bias)       x: rows x depth, y: rows x columns, both float32
//
// A row's result depends on that row alone, and not on the ISA, the threads or the rows beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "kernels/activation/activation.h"
#include "matmul/execution.h"
#include "matmul/packed_weights.h"

namespace fourfold {

struct LinearS8 {
  PackedS8 weight;
  const float* column_scales;  // padded_columns(columns)
  const float* bias;           // padded_columns(columns)
  const std::int32_t*
      column_sums;        // padded_columns(columns), from sum_columns; null if they are not read
  Activation activation;  // elementwise
  float alpha;
};

// True if the kernel for so many rows reads column_sums.
bool linear_s8_reads_column_sums(std::size_t rows, const Execution& execution);

// Scratch that linear_s8 needs under the same execution, in bytes: memory of that size, on a
// 64-byte boundary.
std::size_t linear_s8_scratch_bytes(const LinearS8& layer, std::size_t rows,
                                    const Execution& execution);

void linear_s8(const LinearS8& layer, MatrixView<const float> x, MatrixView<float> y,
               std::byte* scratch, const Execution& execution);

}  // namespace fourfold
