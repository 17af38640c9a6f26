// rnn: h = f(x W + h R + b).
//
// Inputs      recurrent_op.h; weights in float32 [directions, hidden, ...] (gate_weights.h).
// Attributes  recurrent_op.h; activation f for each direction ("tanh"); clip.
// As in ONNX.
#include <memory>
#include <vector>

#include "ops/checks.h"
#include "ops/recurrent/gate_rows.h"
#include "ops/recurrent/recurrent_op.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

class RnnCell final : public Cell {
 public:
  RnnCell(std::vector<GateFunction> functions, const RecurrentAttributes& attributes)
      : functions_(std::move(functions)), hidden_(attributes.hidden), clip_(attributes.clip) {}

  void step(const CellStep& step, const StateProduct& product,
            const Execution& execution) const override {
    product({0, 1}, step.h, step.products, execution);
    share_out(step.h.rows, step.gates.columns, execution, [&](Range range) {
      const GateRows rows(step, range, hidden_);
      rows.add_products({0, 1});
      ClippedFunction{functions_[step.direction], clip_}(rows.gates({0, 1}), execution.isa);
      rows.write_states(
          [&](std::size_t r) { return [own = rows.gate(0, r)](std::size_t k) { return own[k]; }; });
    });
  }

 private:
  const std::vector<GateFunction> functions_;
  const std::size_t hidden_;
  const float clip_;
};

}  // namespace

std::unique_ptr<Op> make_rnn(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "r", "b", "lengths", "h0"}, 3);
  request.attributes.allow_only({"hidden", "direction", "layout", "activations", "activation_alpha",
                                 "activation_beta", "clip"});
  const RecurrentAttributes attributes(request.attributes);
  auto functions = gate_functions(request.attributes, {GateFunction::kTanh}, attributes.directions);
  return make_recurrent(attributes,
                        gate_weights_f32(request, {attributes.directions, 1, attributes.hidden}, 1),
                        std::make_unique<RnnCell>(std::move(functions), attributes));
}

}  // namespace fourfold
