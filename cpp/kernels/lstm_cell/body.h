// The lstm_cell kernel, written once. Include after one vocabulary of kernels/simd.
#pragma once

#include <cstddef>

#include "kernels/lstm_cell/lstm_cell.h"
#include "kernels/simd/common.h"
// This builds on those.
#include "kernels/math/exp.h"
// This on exp.
#include "kernels/math/sigmoid.h"

namespace fourfold {
namespace {

// One vector of a gate: what x and the state add up to.
FOURFOLD_INLINE F32 gate_sum(const LstmCellBlock& block, std::size_t row, std::size_t at) {
  return load(block.x + row * block.x_stride + at) +
         load(block.products + row * block.products_stride + at);
}

FOURFOLD_INLINE void step_row(const LstmCellBlock& block, std::size_t row) {
  const std::size_t gate = block.gate_columns;
  float *c = block.c + row * block.c_stride, *h = block.h + row * block.h_stride;
  float* y = block.y + row * block.y_stride;
  for (std::size_t k = 0; k < block.hidden; k += kLanes) {
    const std::size_t n = lanes_at(k, block.hidden);
    const F32 i = sigmoid(gate_sum(block, row, k));
    const F32 o = sigmoid(gate_sum(block, row, gate + k));
    const F32 f = sigmoid(gate_sum(block, row, 2 * gate + k));
    const F32 g = tanh(gate_sum(block, row, 3 * gate + k));
    const F32 cell = f * load(c + k, n) + i * g;
    const F32 state = o * tanh(cell);
    store(c + k, cell, n);
    store(h + k, state, n);
    store(y + k, state, n);
  }
}

void step_rows(const LstmCellBlock& block) {
  for (std::size_t row = 0; row < block.rows; ++row)
    step_row(block, row);
}

constexpr LstmCellKernels lstm_cell_kernels_on(Isa isa) {
  return {isa, step_rows};
}

}  // namespace
}  // namespace fourfold
