// What LSTM, GRU and RNN share: directions, layouts, initial states, lengths, and the loop over time.
//
// Inputs      x float32 [steps, batch, depth]; the weights (gate_weights.h); and, or absent:
//             lengths int32 [batch], of 0 to `steps`; h0 float32 [directions, batch, hidden]; with a
//             cell state c0 as h0, and peepholes p float32 [directions, 3 * hidden].
// Attributes  hidden; direction: forward (default), reverse, bidirectional; layout (0); and those of
//             the cell (gate_function.h).
// Outputs     y [steps, directions, batch, hidden]; y_h, and y_c with a cell state, as h0.
//
// Layout 1: x [batch, steps, depth], y [batch, steps, directions, hidden], states
// [batch, directions, hidden].
// A sequence that ends before the last step: y is 0 from there on, its last states are those of its
// own last step, or, with none, the initial ones; the reverse direction begins at its own end.
#pragma once

#include <memory>
#include <string>

#include "ops/op.h"
#include "ops/recurrent/cell.h"

namespace fourfold {

struct RecurrentAttributes {
  std::size_t hidden;
  std::size_t directions;
  bool reverse;      // the first direction
  bool batch_first;  // layout 1
  float clip;        // Inf: none

  explicit RecurrentAttributes(const Attributes& attributes);
};

std::unique_ptr<Op> make_recurrent(const RecurrentAttributes& attributes,
                                   std::unique_ptr<GateWeights> weights,
                                   std::unique_ptr<Cell> cell);

}  // namespace fourfold
