// gru, gru_s8: the gated recurrent unit.
//
//   z = f(x Wz + h Rz + bz)      r = f(x Wr + h Rr + br)
//   h~ = g(x Wh + (r h) Rh + bh)                        or, with linear_before_reset,
//   h~ = g(x Wh + bwh + r (h Rh + brh))
//   h = (1 - z) h~ + z h
//
// Gates lie in the order z, r, h~.
//
// Inputs      recurrent_op.h; gru: weights in float32 [directions, 3 * hidden, ...], gru_s8: in int8
//             (gate_weights.h).
// Attributes  recurrent_op.h; activations f, g for each direction ("sigmoid,tanh"); clip;
//             linear_before_reset (0); gru_s8: depth, of x.
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

enum Gate { kUpdate, kReset, kHidden, kGates };

class GruCell final : public Cell {
 public:
  GruCell(std::vector<GateFunction> functions, const RecurrentAttributes& attributes,
          bool resets_product)
      : functions_(std::move(functions)),
        hidden_(attributes.hidden),
        clip_(attributes.clip),
        resets_product_(resets_product) {}

  void step(const CellStep& step, const StateProduct& product,
            const Execution& execution) const override {
    const auto share = [&](const auto& work) {
      share_out(step.h.rows, step.gates.columns, execution,
                [&](Range range) { work(GateRows(step, range, hidden_)); });
    };
    if (resets_product_) {
      product({0, kGates}, step.h, step.products, execution);
      share([&](const GateRows& rows) {
        open(step, rows, execution.isa);
        add_reset_product(rows);
        finish(step, rows, execution.isa);
      });
      return;
    }
    product({kUpdate, kReset + 1}, step.h, step.products, execution);
    share([&](const GateRows& rows) {
      open(step, rows, execution.isa);
      reset_state(step, rows);
    });
    product({kHidden, kGates}, step.reset, step.products, execution);
    share([&](const GateRows& rows) {
      rows.add_products({kHidden, kGates});
      finish(step, rows, execution.isa);
    });
  }

 private:
  const GateFunction& function(const CellStep& step, std::size_t index) const {
    return functions_[2 * step.direction + index];
  }

  // z and r
  void open(const CellStep& step, const GateRows& rows, Isa isa) const {
    rows.add_products({kUpdate, kReset + 1});
    ClippedFunction{function(step, 0), clip_}(rows.gates({kUpdate, kReset + 1}), isa);
  }

  // r h
  static void reset_state(const CellStep& step, const GateRows& rows) {
    rows.write([&](std::size_t r) { return step.reset.row(r); },
               [&](std::size_t r) {
                 return [reset = rows.gate(kReset, r), h = step.h.row(r)](std::size_t k) {
                   return reset[k] * h[k];
                 };
               });
  }

  // gate += r product
  static void add_reset_product(const GateRows& rows) {
    rows.write([&](std::size_t r) { return rows.gate(kHidden, r); },
               [&](std::size_t r) {
                 return [own = rows.gate(kHidden, r), reset = rows.gate(kReset, r),
                         product = rows.product(kHidden, r)](std::size_t k) {
                   return own[k] + reset[k] * product[k];
                 };
               });
  }

  void finish(const CellStep& step, const GateRows& rows, Isa isa) const {
    ClippedFunction{function(step, 1), clip_}(rows.gates({kHidden, kGates}), isa);
    rows.write_states([&](std::size_t r) {
      return [z = rows.gate(kUpdate, r), fresh = rows.gate(kHidden, r),
              h = step.h.row(r)](std::size_t k) { return (1.0f - z[k]) * fresh[k] + z[k] * h[k]; };
    });
  }

  const std::vector<GateFunction> functions_;
  const std::size_t hidden_;
  const float clip_;
  const bool resets_product_;
};

bool resets_product(const OpRequest& request) {
  return request.attributes.flag_or("linear_before_reset", false);
}

std::unique_ptr<Op> make(const OpRequest& request, const RecurrentAttributes& attributes,
                         std::unique_ptr<GateWeights> weights) {
  auto functions = gate_functions(request.attributes, {GateFunction::kSigmoid, GateFunction::kTanh},
                                  attributes.directions);
  auto cell = std::make_unique<GruCell>(std::move(functions), attributes, resets_product(request));
  return make_recurrent(attributes, std::move(weights), std::move(cell));
}

}  // namespace

std::unique_ptr<Op> make_gru(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "r", "b", "lengths", "h0"}, 3);
  request.attributes.allow_only({"hidden", "direction", "layout", "activations", "activation_alpha",
                                 "activation_beta", "clip", "linear_before_reset"});
  const RecurrentAttributes attributes(request.attributes);
  const std::size_t separate = resets_product(request) ? kHidden : kGates;
  return make(
      request, attributes,
      gate_weights_f32(request, {attributes.directions, kGates, attributes.hidden}, separate));
}

std::unique_ptr<Op> make_gru_s8(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "w_scales", "b", "r", "r_scales", "r_b", "lengths", "h0"}, 6);
  request.attributes.allow_only({"hidden", "depth", "direction", "layout", "activations",
                                 "activation_alpha", "activation_beta", "clip",
                                 "linear_before_reset"});
  const RecurrentAttributes attributes(request.attributes);
  return make(request, attributes,
              gate_weights_s8(request, {attributes.directions, kGates, attributes.hidden}));
}

}  // namespace fourfold
