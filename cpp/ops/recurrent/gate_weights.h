// The weights of a recurrent layer, and the two products with them.
//
//   x's part       x @ w[direction] + b[direction]
//   the state's    h @ r[direction] + r_b[direction]
//
// Columns are the gates side by side, each padded to 16 columns: gate g begins at
// g * padded_columns(hidden), so that any range of gates is whole panels.
#pragma once

#include <cstddef>
#include <memory>

#include "base/matrix_view.h"
#include "matmul/blocking.h"
#include "matmul/packed_weights.h"
#include "ops/op.h"

namespace fourfold {

struct GateSizes {
  std::size_t directions;
  std::size_t gates;
  std::size_t hidden;

  std::size_t gate_columns() const { return padded_columns(hidden); }
  std::size_t columns() const { return gates * gate_columns(); }
};

struct GateProduct {
  bool of_state;  // with r, else with w
  std::size_t direction;
  Range gates;
  MatrixView<const float> x;
  MatrixView<float> y;  // gates.size() * gate_columns() columns
};

class GateWeights {
 public:
  explicit GateWeights(GateSizes sizes) : sizes_(sizes) {}
  virtual ~GateWeights() = default;
  GateWeights(const GateWeights&) = delete;
  GateWeights& operator=(const GateWeights&) = delete;

  const GateSizes& sizes() const { return sizes_; }

  // How many inputs of the step are weights: those from input 1 on.
  virtual std::size_t inputs() const = 0;

  // Refuses inputs that do not fit; the sizes may be kAnySize.
  virtual void check(const Tensor* inputs) const = 0;

  // Scratch for products of up to `rows` rows. Never more for fewer.
  virtual std::size_t scratch_bytes(const Tensor* inputs, std::size_t rows,
                                    const Execution& execution) const = 0;

  // Before the products of one run, with the same scratch.
  virtual void prepare(const Tensor*, std::byte*) const {}

  virtual void multiply(const GateProduct& product, const Tensor* inputs, std::byte* scratch,
                        const Execution& execution) const = 0;

 private:
  const GateSizes sizes_;
};

// float32, as ONNX has them: inputs w [directions, gates * hidden, depth],
// r [directions, gates * hidden, hidden], b [directions, 2 * gates * hidden] or none. Packed by the
// first run if they are constants, otherwise in each. Gates from `separate` on keep the recurrent
// half of b in r_b, the others have the sum of both halves in b.
std::unique_ptr<GateWeights> gate_weights_f32(const OpRequest& request, GateSizes sizes,
                                              std::size_t separate);

// int8; the rows of x and h are quantized, each with a scale of its own. Constants: w int8
// [directions, N/16, K/4, 16, 4], w_scales, b float32 [directions, N], N being columns(), K the
// attribute `depth` padded to 64, or all three plain, [directions, depth, gates * hidden] and
// [directions, gates * hidden] (ops/stored_s8.h); r, r_scales likewise, of depth `hidden`; r_b float32
// [directions, hidden], of the last gate, or none: the others have the sum of both halves in b.
std::unique_ptr<GateWeights> gate_weights_s8(const OpRequest& request, GateSizes sizes);

}  // namespace fourfold
