// lstm, lstm_s8: long short-term memory.
//
//   i = f(x Wi + h Ri + Pi c + bi)      f_t = f(x Wf + h Rf + Pf c + bf)    c~ = g(x Wc + h Rc + bc)
//   c = f_t c + i c~                    o = f(x Wo + h Ro + Po c + bo)      h = o h_(c)
//
// Gates lie in the order i, o, f_t, c~, peepholes in the order i, o, f_t.
//
// Inputs      recurrent_op.h; lstm: weights in float32 [directions, 4 * hidden, ...], lstm_s8: in
//             int8 (gate_weights.h).
// Attributes  recurrent_op.h; activations f, g, h_ for each direction ("sigmoid,tanh,tanh"); clip;
//             input_forget (0): f_t = 1 - i; lstm_s8: depth, of x.
// As in ONNX.
#include <cmath>
#include <memory>
#include <vector>

#include "kernels/lstm_cell/lstm_cell.h"
#include "ops/checks.h"
#include "ops/recurrent/gate_rows.h"
#include "ops/recurrent/recurrent_op.h"
#include "ops/registry.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

enum Gate { kInput, kOutput, kForget, kCell, kGates };

class LstmCell final : public Cell {
 public:
  LstmCell(std::vector<GateFunction> functions, const RecurrentAttributes& attributes, bool couples)
      : functions_(std::move(functions)),
        hidden_(attributes.hidden),
        clip_(attributes.clip),
        couples_(couples) {}

  bool has_cell_state() const override { return true; }

  void step(const CellStep& step, const StateProduct& product,
            const Execution& execution) const override {
    product({0, kGates}, step.h, step.products, execution);
    const bool in_one_pass = is_plain(step);
    share_out(step.h.rows, step.gates.columns, execution, [&](Range rows) {
      if (in_one_pass) {
        finish_plain(step, rows, execution.isa);
      } else {
        finish(step, rows, execution.isa);
      }
    });
  }

 private:
  // Whether this step is nothing but what the lstm_cell kernels do.
  bool is_plain(const CellStep& step) const {
    const GateFunction* functions = functions_.data() + 3 * step.direction;
    return functions[0].kind == GateFunction::kSigmoid &&
           functions[1].kind == GateFunction::kTanh && functions[2].kind == GateFunction::kTanh &&
           std::isinf(clip_) && !couples_ && step.peepholes == nullptr && step.lengths == nullptr;
  }

  void finish_plain(const CellStep& step, Range rows, Isa isa) const {
    const std::size_t r = rows.begin;
    lstm_cell_kernels(isa).step({step.gates.row(r), step.gates.stride, step.products.row(r),
                                 step.products.stride, padded_columns(hidden_), step.c.row(r),
                                 step.c.stride, step.h.row(r), step.h.stride, step.y.row(r),
                                 step.y.stride, rows.size(), hidden_});
  }

  void finish(const CellStep& step, Range range, Isa isa) const {
    const GateRows rows(step, range, hidden_);
    const GateFunction* functions = functions_.data() + 3 * step.direction;
    const ClippedFunction f = {functions[0], clip_}, g = {functions[1], clip_};
    rows.add_products({0, kGates});
    if (step.peepholes == nullptr) {
      f(rows.gates({kInput, kForget + 1}), isa);
    } else {
      add_peephole(step, rows, kInput);
      add_peephole(step, rows, kForget);
      f(rows.gates({kInput, kInput + 1}), isa);
      f(rows.gates({kForget, kForget + 1}), isa);
    }
    g(rows.gates({kCell, kCell + 1}), isa);
    if (couples_) couple(rows);
    write_cell_states(step, rows, range);
    if (step.peepholes != nullptr) {
      add_peephole(step, rows, kOutput);
      f(rows.gates({kOutput, kOutput + 1}), isa);
    }
    rows.write([&](std::size_t r) { return rows.gate(kCell, r); },
               [&](std::size_t r) { return [c = step.c.row(r)](std::size_t k) { return c[k]; }; });
    apply(functions[2], rows.gates({kCell, kCell + 1}), isa);
    rows.write_states([&](std::size_t r) {
      return [o = rows.gate(kOutput, r), c = rows.gate(kCell, r)](std::size_t k) {
        return o[k] * c[k];
      };
    });
  }

  // gate += p c
  void add_peephole(const CellStep& step, const GateRows& rows, Gate gate) const {
    const float* p = step.peepholes + static_cast<std::size_t>(gate) * hidden_;
    rows.write([&](std::size_t r) { return rows.gate(gate, r); },
               [&](std::size_t r) {
                 return [own = rows.gate(gate, r), p, c = step.c.row(r)](std::size_t k) {
                   return own[k] + p[k] * c[k];
                 };
               });
  }

  void couple(const GateRows& rows) const {
    rows.write([&](std::size_t r) { return rows.gate(kForget, r); },
               [&](std::size_t r) {
                 return [i = rows.gate(kInput, r)](std::size_t k) { return 1.0f - i[k]; };
               });
  }

  void write_cell_states(const CellStep& step, const GateRows& rows, Range range) const {
    for (std::size_t r = range.begin; r < range.end; ++r) {
      if (!step.goes_on(r)) continue;
      const float *i = rows.gate(kInput, r), *forget = rows.gate(kForget, r);
      const float* fresh = rows.gate(kCell, r);
      float* c = step.c.row(r);
      for (std::size_t k = 0; k < hidden_; ++k)
        c[k] = forget[k] * c[k] + i[k] * fresh[k];
    }
  }

  const std::vector<GateFunction> functions_;
  const std::size_t hidden_;
  const float clip_;
  const bool couples_;
};

std::unique_ptr<Op> make(const OpRequest& request, const RecurrentAttributes& attributes,
                         std::unique_ptr<GateWeights> weights) {
  auto functions = gate_functions(
      request.attributes, {GateFunction::kSigmoid, GateFunction::kTanh, GateFunction::kTanh},
      attributes.directions);
  auto cell = std::make_unique<LstmCell>(std::move(functions), attributes,
                                         request.attributes.flag_or("input_forget", false));
  return make_recurrent(attributes, std::move(weights), std::move(cell));
}

}  // namespace

std::unique_ptr<Op> make_lstm(const OpRequest& request) {
  expect_inputs(request, {"x", "w", "r", "b", "lengths", "h0", "c0", "p"}, 3);
  request.attributes.allow_only({"hidden", "direction", "layout", "activations", "activation_alpha",
                                 "activation_beta", "clip", "input_forget"});
  const RecurrentAttributes attributes(request.attributes);
  return make(
      request, attributes,
      gate_weights_f32(request, {attributes.directions, kGates, attributes.hidden}, kGates));
}

std::unique_ptr<Op> make_lstm_s8(const OpRequest& request) {
  expect_inputs(request,
                {"x", "w", "w_scales", "b", "r", "r_scales", "r_b", "lengths", "h0", "c0", "p"}, 6);
  request.attributes.allow_only({"hidden", "depth", "direction", "layout", "activations",
                                 "activation_alpha", "activation_beta", "clip", "input_forget"});
  const RecurrentAttributes attributes(request.attributes);
  return make(request, attributes,
              gate_weights_s8(request, {attributes.directions, kGates, attributes.hidden}));
}

}  // namespace fourfold
