#include "ops/recurrent/recurrent_op.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"
#include "ops/recurrent/state_views.h"

namespace fourfold {
namespace {

// Rows of x that are multiplied at once: enough for the product's speed, and what they give is still
// in the cache when its step comes.
constexpr std::size_t kRowsAtOnce = 512;

// The scratch of one run. columns() is a multiple of 16, so each part begins on a cache line.
struct Scratch {
  float* gates;
  float* products;
  float* reset;
  std::byte* weights;
};

class RecurrentOp final : public Op {
 public:
  RecurrentOp(const RecurrentAttributes& attributes, std::unique_ptr<GateWeights> weights,
              std::unique_ptr<Cell> cell)
      : attributes_(attributes), weights_(std::move(weights)), cell_(std::move(cell)) {}

  std::size_t outputs() const override { return cell_->has_cell_state() ? 3 : 2; }

  bool infers_any_size() const override { return true; }

  void infer(const Tensor* inputs, TensorType* outputs) const override {
    expect_type("x", inputs[0].type, {DType::kF32, {kAnySize, kAnySize, kAnySize}});
    weights_->check(inputs);
    const bool batch_first = attributes_.batch_first;
    const std::int64_t steps = inputs[0].shape()[batch_first ? 1 : 0];
    const std::int64_t batch = inputs[0].shape()[batch_first ? 0 : 1];
    const auto directions = signed_size(attributes_.directions);
    const auto hidden = signed_size(attributes_.hidden);
    const TensorType state = {DType::kF32, batch_first ? Shape{batch, directions, hidden}
                                                       : Shape{directions, batch, hidden}};
    const auto check = [&](const char* name, OptionalInput input, const TensorType& expected) {
      const Tensor& given = optional(inputs, input);
      if (given.present) expect_type(name, given.type, expected);
    };
    check("lengths", kLengths, {DType::kS32, {batch}});
    check("h0", kH0, state);
    if (cell_->has_cell_state()) {
      check("c0", kC0, state);
      check("p", kPeepholes, {DType::kF32, {directions, 3 * hidden}});
      outputs[2] = state;
    }
    outputs[0] = {DType::kF32, batch_first ? Shape{batch, steps, directions, hidden}
                                           : Shape{steps, directions, batch, hidden}};
    outputs[1] = state;
  }

  std::size_t scratch_bytes(const Tensor* inputs, const Execution& execution) const override {
    const RecurrentGeometry geometry = geometry_of(inputs);
    const std::size_t rows = std::max(steps_at_once(geometry) * geometry.batch, geometry.batch);
    return (rows * columns() + state_values(geometry)) * sizeof(float) +
           weights_->scratch_bytes(inputs, rows, execution);
  }

  void run(const StepData& step, const Execution& execution) const override {
    const RecurrentGeometry geometry = geometry_of(step.inputs);
    check_lengths(step.inputs, geometry);
    const Scratch scratch = scratch_of(step, geometry);
    weights_->prepare(step.inputs, scratch.weights);
    for (std::size_t direction = 0; direction < attributes_.directions; ++direction) {
      begin_states(step, geometry, direction);
      const std::size_t at_once = steps_at_once(geometry);
      for (std::size_t done = 0; done < geometry.steps; done += at_once) {
        const Range steps = {done, std::min(geometry.steps, done + at_once)};
        run_steps(step, geometry, direction, steps, scratch, execution);
      }
    }
  }

 private:
  enum OptionalInput { kLengths, kH0, kC0, kPeepholes };

  const Tensor& optional(const Tensor* inputs, OptionalInput input) const {
    return inputs[1 + weights_->inputs() + input];
  }

  std::size_t columns() const { return weights_->sizes().columns(); }

  RecurrentGeometry geometry_of(const Tensor* inputs) const {
    const bool batch_first = attributes_.batch_first;
    return {inputs[0].size(batch_first ? 1 : 0), inputs[0].size(batch_first ? 0 : 1),
            attributes_.directions, attributes_.hidden, batch_first};
  }

  // With the batch first, the rows of some steps do not lie side by side.
  static std::size_t steps_at_once(const RecurrentGeometry& geometry) {
    const std::size_t most = std::max<std::size_t>(geometry.steps, 1);
    if (geometry.batch_first && geometry.batch > 1) return most;
    return std::clamp<std::size_t>(kRowsAtOnce / std::max<std::size_t>(geometry.batch, 1), 1, most);
  }

  // products and reset
  std::size_t state_values(const RecurrentGeometry& geometry) const {
    return geometry.batch * (columns() + weights_->sizes().gate_columns());
  }

  Scratch scratch_of(const StepData& step, const RecurrentGeometry& geometry) const {
    auto* gates = reinterpret_cast<float*>(step.scratch);
    float* products = gates + steps_at_once(geometry) * geometry.batch * columns();
    float* reset = products + geometry.batch * columns();
    float* end = products + state_values(geometry);
    return {gates, products, reset, reinterpret_cast<std::byte*>(end)};
  }

  void check_lengths(const Tensor* inputs, const RecurrentGeometry& geometry) const {
    const Tensor& lengths = optional(inputs, kLengths);
    if (!lengths.present) return;
    for (std::size_t row = 0; row < geometry.batch; ++row) {
      const std::int64_t length = lengths.values<std::int32_t>()[row];
      if (length >= 0 && length <= signed_size(geometry.steps)) continue;
      refuse_value("lengths: expected 0 to ", geometry.steps, ", received ", length, " at ", row);
    }
  }

  void begin_states(const StepData& step, const RecurrentGeometry& geometry,
                    std::size_t direction) const {
    const auto begin = [&](const Tensor& initial, const Tensor& state) {
      const MatrixView<float> to = geometry.state(state.f32_out(), direction);
      for (std::size_t row = 0; row < to.rows; ++row) {
        if (initial.present) {
          std::copy_n(geometry.state(initial.f32(), direction).row(row), to.columns, to.row(row));
        } else {
          std::fill_n(to.row(row), to.columns, 0.0f);
        }
      }
    };
    begin(optional(step.inputs, kH0), step.outputs[1]);
    if (cell_->has_cell_state()) begin(optional(step.inputs, kC0), step.outputs[2]);
  }

  // Steps in the order in which the direction takes them.
  void run_steps(const StepData& data, const RecurrentGeometry& geometry, std::size_t direction,
                 Range steps, const Scratch& scratch, const Execution& execution) const {
    const bool reversed = direction == 1 || attributes_.reverse;
    const std::size_t first = reversed ? geometry.steps - steps.end : steps.begin;
    const Tensor& x = data.inputs[0];
    const std::size_t depth = x.size(2), rows = steps.size() * geometry.batch;
    weights_->multiply({false,
                        direction,
                        {0, weights_->sizes().gates},
                        {x.f32() + first * geometry.batch * depth, rows, depth, depth},
                        {scratch.gates, rows, columns(), columns()}},
                       data.inputs, scratch.weights, execution);
    const StateProduct product = {*weights_, data.inputs, scratch.weights, direction};
    CellStep step = cell_step(data, geometry, direction, scratch);
    for (std::size_t i = steps.begin; i < steps.end; ++i) {
      step.time = reversed ? geometry.steps - 1 - i : i;
      step.gates = geometry.rows_at(scratch.gates, step.time - first, columns());
      step.y = geometry.output_at(data.outputs[0].f32_out(), step.time, direction);
      cell_->step(step, product, execution);
    }
  }

  // All but what changes from step to step.
  CellStep cell_step(const StepData& data, const RecurrentGeometry& geometry, std::size_t direction,
                     const Scratch& scratch) const {
    const Tensor& lengths = optional(data.inputs, kLengths);
    CellStep step = {};
    step.direction = direction;
    step.lengths = lengths.present ? lengths.values<std::int32_t>() : nullptr;
    step.products = {scratch.products, geometry.batch, columns(), columns()};
    step.reset = {scratch.reset, geometry.batch, geometry.hidden, geometry.hidden};
    step.h = geometry.state(data.outputs[1].f32_out(), direction);
    if (!cell_->has_cell_state()) return step;
    step.c = geometry.state(data.outputs[2].f32_out(), direction);
    const Tensor& peepholes = optional(data.inputs, kPeepholes);
    if (peepholes.present) step.peepholes = peepholes.f32() + direction * 3 * geometry.hidden;
    return step;
  }

  const RecurrentAttributes attributes_;
  const std::unique_ptr<const GateWeights> weights_;
  const std::unique_ptr<const Cell> cell_;
};

}  // namespace

RecurrentAttributes::RecurrentAttributes(const Attributes& attributes)
    : hidden(attributes.size("hidden", kMaxDepth)),
      batch_first(attributes.flag_or("layout", false)),
      clip(attributes.number_or("clip", std::numeric_limits<float>::infinity())) {
  const std::string direction = attributes.text_or("direction", "forward");
  directions = direction == "bidirectional" ? 2 : 1;
  reverse = direction == "reverse";
  if (directions == 1 && !reverse && direction != "forward") {
    refuse_value("direction: expected forward, reverse or bidirectional, received '", direction,
                 "'");
  }
  if (!(clip > 0.0f)) refuse_value("clip: expected a number above 0, received ", clip);
}

std::unique_ptr<Op> make_recurrent(const RecurrentAttributes& attributes,
                                   std::unique_ptr<GateWeights> weights,
                                   std::unique_ptr<Cell> cell) {
  return std::make_unique<RecurrentOp>(attributes, std::move(weights), std::move(cell));
}

}  // namespace fourfold
