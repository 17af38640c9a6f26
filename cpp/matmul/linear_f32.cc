#include "matmul/linear_f32.h"

#include <algorithm>

#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/blocking.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 12;            // of the widest kernel
constexpr std::size_t kColumnBlock = 64;        // columns of one kernel call
constexpr std::size_t kMultiplyAddsPerNs = 50;  // of the vector kernels, about

void multiply_block(const LinearF32& layer, const GemmF32Kernels& gemm,
                    const ActivationKernels& activation, MatrixView<const float> x,
                    MatrixView<float> y, Range rows, Range columns) {
  const std::size_t row_count = rows.end - rows.begin;
  const std::size_t column_count = columns.end - columns.begin;
  float* out = y.row(rows.begin) + columns.begin;
  const float* bias = layer.bias == nullptr ? nullptr : layer.bias + columns.begin;
  gemm.block({x.row(rows.begin), x.stride, layer.weight.panels_from(columns.begin), bias, nullptr,
              out, y.stride, row_count, padded_columns(column_count), column_count,
              layer.weight.depth});
  if (layer.activation != Activation::identity) {
    activation_function(activation, layer.activation)(
        {out, y.stride, out, y.stride, row_count, column_count, layer.alpha});
  }
}

}  // namespace

void linear_f32(const LinearF32& layer, MatrixView<const float> x, MatrixView<float> y,
                const Execution& execution) {
  if (x.rows == 0) return;
  const GemmF32Kernels& gemm = gemm_f32_kernels(execution.isa);
  const ActivationKernels& activation = activation_kernels(execution.isa);
  const Blocking blocking = choose_blocking({x.rows, y.columns, x.columns, kRowTile, kColumnBlock,
                                             x.columns * sizeof(float), kMultiplyAddsPerNs},
                                            cache_sizes(), execution.threads);

  execution.pool->run(blocking.parts(), [&](std::size_t part) {
    const Range rows = part_of(x.rows, kRowTile, blocking.row_parts, part / blocking.column_parts);
    const Range columns = part_of(y.columns, blocking.column_step, blocking.column_parts,
                                  part % blocking.column_parts);
    for (std::size_t column = columns.begin; column < columns.end; column += kColumnBlock) {
      const std::size_t column_end = std::min(columns.end, column + kColumnBlock);
      for (std::size_t row = rows.begin; row < rows.end; row += blocking.row_block) {
        const std::size_t row_end = std::min(rows.end, row + blocking.row_block);
        multiply_block(layer, gemm, activation, x, y, {row, row_end}, {column, column_end});
      }
    }
  });
}

}  // namespace fourfold
