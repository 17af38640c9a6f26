// What one time step of a recurrent layer does: LSTM, GRU, RNN.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/recurrent/gate_weights.h"

namespace fourfold {

// One time step of one direction, of all batch rows.
struct CellStep {
  std::size_t direction;
  std::size_t time;
  const std::int32_t* lengths;  // null: no sequence ends early
  const float* peepholes;       // LSTM, of this direction; null: none
  MatrixView<float> gates;      // x's part, in columns as GateWeights has them; overwritten
  MatrixView<float> products;   // scratch of the same size
  MatrixView<float> reset;      // scratch, batch x hidden
  MatrixView<float> h;          // the state, and what it becomes
  MatrixView<float> c;          // LSTM: the cell's, likewise
  MatrixView<float> y;          // written: the new h, 0 where the sequence has ended

  // False once the sequence of this row has ended: its state stays.
  bool goes_on(std::size_t row) const {
    return lengths == nullptr || time < static_cast<std::size_t>(lengths[row]);
  }
};

// h @ r + r_b of one direction.
struct StateProduct {
  const GateWeights& weights;
  const Tensor* inputs;
  std::byte* scratch;
  std::size_t direction;

  // Of these gates, into their columns of `products`.
  void operator()(Range gates, MatrixView<float> rows, MatrixView<float> products,
                  const Execution& execution) const {
    const std::size_t gate_columns = weights.sizes().gate_columns();
    const MatrixView<float> y = {products.data + gates.begin * gate_columns, products.rows,
                                 gates.size() * gate_columns, products.stride};
    weights.multiply({true, direction, gates, {rows.data, rows.rows, rows.columns, rows.stride}, y},
                     inputs, scratch, execution);
  }
};

class Cell {
 public:
  Cell() = default;
  virtual ~Cell() = default;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  virtual bool has_cell_state() const { return false; }  // a second state, and peepholes

  virtual void step(const CellStep& step, const StateProduct& product,
                    const Execution& execution) const = 0;
};

}  // namespace fourfold
