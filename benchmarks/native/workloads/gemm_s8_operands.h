// Random operands of gemm_s8, in the form that each kernel reads.
#pragma once

#include "kernels/gemm_s8/gemm_s8.h"
#include "matmul/packed_weights.h"
#include "operands.h"
#include "workloads/shape.h"

namespace fourfold {

struct GemmS8Operands {
  Shape shape;  // whole panels and depth steps
  Array<std::int8_t> a, flipped_a, b;
  Array<std::int32_t> column_sums, c;

  explicit GemmS8Operands(const Shape& of)
      : shape(of),
        a(random_s8(of.rows * of.depth)),
        flipped_a(flipped(a, 0x80)),
        b(random_s8(of.depth * of.columns)),
        column_sums(of.columns),
        c(of.rows * of.columns) {
    sum_columns({b.data(), of.depth, of.columns}, column_sums.data());
  }

  // The product of the first `rows` rows.
  GemmS8Block block(const GemmS8Kernels& kernels, std::size_t rows) {
    std::int8_t* const left = kernels.flip == 0 ? a.data() : flipped_a.data();
    return {left,     shape.depth,   b.data(), shape.depth,   column_sums.data(),
            c.data(), shape.columns, rows,     shape.columns, shape.depth};
  }
};

}  // namespace fourfold
