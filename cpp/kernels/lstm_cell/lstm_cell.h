// lstm_cell: what follows the products of one step of an LSTM, of sigmoids and tanhs only, float32.
//
//   i = sigmoid(x_i + h_i)    o = sigmoid(x_o + h_o)    f = sigmoid(x_f + h_f)    g = tanh(x_g + h_g)
//   c = f c + i g             h = o tanh(c)             y = h
//
// Every sum and product rounds; sigmoid and tanh are those of kernels/activation: the same bits as
// from one operation after the other. In one pass nothing but states is written, which takes a third
// of the time.
//
// Shapes  x, products: rows of the gates i, o, f, g, `gate_columns` elements apart, a multiple of 16
//         and at least `hidden`; c, h, y: rows of `hidden` elements.
// Memory  Reads of each gate whole vectors, up to gate_columns; else nothing outside these shapes is
//         read or written, at any alignment. Nothing overlaps.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct LstmCellBlock {
  const float* x;
  std::size_t x_stride;
  const float* products;
  std::size_t products_stride;
  std::size_t gate_columns;
  float* c;
  std::size_t c_stride;
  float* h;
  std::size_t h_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t hidden;
};

struct LstmCellKernels {
  Isa isa;
  void (*step)(const LstmCellBlock&);
};

#define FOURFOLD_KERNELS(name) extern const LstmCellKernels name;
#include "kernels/lstm_cell/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const LstmCellKernels* kLstmCellList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/lstm_cell/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const LstmCellKernels& lstm_cell_kernels(Isa active) {
  return first_runnable(kLstmCellList, active);
}

}  // namespace fourfold
