#include "engine/program.h"

#include "base/check.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// Bounds the work of planning, whatever a file claims; a hundred times the models in use.
constexpr std::size_t kMaxSteps = 16384;
constexpr std::size_t kMaxOperands = 4096;

void check_inputs(const std::vector<InputSpec>& inputs) {
  for (const InputSpec& input : inputs) {
    for (std::size_t axis = 0; axis < input.type.shape.rank(); ++axis) {
      const std::int64_t size = input.type.shape[axis];
      if (size >= 0 || size == kAnySize) continue;
      refuse_value(input.name, ": expected sizes of 0 or more, received ", size);
    }
  }
}

void check_value(ValueNumber value, std::size_t defined, const char* what) {
  if (value < defined) return;
  refuse_value(what, ": expected a value below ", defined, ", received ", value);
}

bool has_any_size(const Shape& shape) {
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == kAnySize) return true;
  }
  return false;
}

// The types of an op's outputs as far as they can be known before there is a call; false if they
// can't.
bool infer_ahead(const Op& op, const std::vector<OpInput>& inputs,
                 std::vector<TensorType>& outputs) {
  std::vector<Tensor> tensors;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const OpInput& input = inputs[i];
    if (!input.known) return false;
    if (input.present && input.constant == nullptr && has_input(op.needed_values(), i))
      return false;
    if (!op.infers_any_size() && has_any_size(input.type.shape)) return false;
    tensors.push_back({input.type, const_cast<void*>(input.constant), input.present});
  }
  op.infer(tensors.data(), outputs.data());
  return true;
}

}  // namespace

Program::Program(ProgramSpec spec)
    : inputs_(std::move(spec.inputs)), constants_(std::move(spec.constants)) {
  if (spec.steps.size() > kMaxSteps) {
    refuse_value("expected at most ", kMaxSteps, " steps, received ", spec.steps.size());
  }
  check_inputs(inputs_);
  std::vector<OpInput> values;
  for (const InputSpec& input : inputs_)
    values.push_back({input.type});
  for (const ConstantSpec& constant : constants_)
    values.push_back({constant.type, constant.data});
  for (std::size_t i = 0; i < spec.steps.size(); ++i) {
    const std::string op = spec.steps[i].op;
    in_step(i, op, [&] { add_step(std::move(spec.steps[i]), values); });
  }
  value_count_ = values.size();
  if (spec.outputs.empty()) refuse_value("outputs: expected at least one, received none");
  for (const ValueNumber output : spec.outputs)
    check_value(output, value_count_, "outputs");
  outputs_ = std::move(spec.outputs);
  find_needed();
}

// `values` are those so far, and grow by the step's outputs.
void Program::add_step(StepSpec spec, std::vector<OpInput>& values) {
  if (spec.inputs.size() > kMaxOperands) {
    refuse_value("expected at most ", kMaxOperands, " inputs, received ", spec.inputs.size());
  }
  OpRequest request = {{}, spec.attributes};
  for (const ValueNumber input : spec.inputs) {
    if (input != kAbsent) check_value(input, values.size(), "inputs");
    request.inputs.push_back(input == kAbsent ? OpInput{{}, nullptr, false} : values[input]);
  }
  std::unique_ptr<const Op> op = make_op(spec.op, request);
  if (spec.outputs.size() != op->outputs()) {
    refuse_value("expected ", op->outputs(), " outputs, received ", spec.outputs.size());
  }
  std::vector<TensorType> output_types(spec.outputs.size());
  const bool known = infer_ahead(*op, request.inputs, output_types);
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    if (spec.outputs[i] != values.size()) {
      refuse_value("outputs: expected the next value, ", values.size(), ", received ",
                   spec.outputs[i]);
    }
    values.push_back({output_types[i], nullptr, true, known});
  }
  steps_.push_back(
      {std::move(spec.op), std::move(op), std::move(spec.inputs), std::move(spec.outputs)});
}

// Readers stand behind what they read, so one pass from the end finds everything.
void Program::find_needed() {
  needed_.assign(value_count_, false);
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step& step = steps_[i];
    InputSet needed = step.op->needed_values();
    for (const ValueNumber output : step.outputs) {
      if (needed_[output]) needed |= step.op->read_inputs() | step.op->needed_values();
    }
    for (std::size_t k = 0; k < step.inputs.size(); ++k) {
      if (step.inputs[k] != kAbsent && has_input(needed, k)) needed_[step.inputs[k]] = true;
    }
  }
}

}  // namespace fourfold
