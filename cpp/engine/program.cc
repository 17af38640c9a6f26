#include "engine/program.h"

#include "base/check.h"
#include "ops/registry.h"

namespace fourfold {
namespace {

// Bounds the work of planning, whatever a file claims; a hundred times the models in use.
constexpr std::size_t kMaxSteps = 16384;
constexpr std::size_t kMaxOperands = 64;

std::string step_text(std::size_t number, const std::string& op) {
  return join_text("step ", number, " (", op, "): ");
}

// Runs work, and puts the step in front of what it has to say.
template <class Work>
void in_step(std::size_t number, const std::string& op, const Work& work) {
  try {
    work();
  } catch (const KindError& error) {
    throw KindError(step_text(number, op) + error.what());
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(step_text(number, op) + error.what());
  }
}

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

}  // namespace

Program::Program(ProgramSpec spec)
    : inputs_(std::move(spec.inputs)), constants_(std::move(spec.constants)) {
  if (spec.steps.size() > kMaxSteps) {
    refuse_value("expected at most ", kMaxSteps, " steps, received ", spec.steps.size());
  }
  check_inputs(inputs_);
  std::vector<TensorType> types;
  for (const InputSpec& input : inputs_)
    types.push_back(input.type);
  for (const ConstantSpec& constant : constants_)
    types.push_back(constant.type);
  for (std::size_t i = 0; i < spec.steps.size(); ++i) {
    const std::string op = spec.steps[i].op;
    in_step(i, op, [&] { add_step(std::move(spec.steps[i]), types); });
  }
  value_count_ = types.size();
  if (spec.outputs.empty()) refuse_value("outputs: expected at least one, received none");
  for (const ValueNumber output : spec.outputs)
    check_value(output, value_count_, "outputs");
  outputs_ = std::move(spec.outputs);
}

// `types` are those of the values so far, and grow by the step's outputs.
void Program::add_step(StepSpec spec, std::vector<TensorType>& types) {
  if (spec.inputs.size() > kMaxOperands) {
    refuse_value("expected at most ", kMaxOperands, " inputs, received ", spec.inputs.size());
  }
  OpRequest request = {{}, spec.attributes};
  std::vector<TensorType> input_types;
  for (const ValueNumber input : spec.inputs) {
    check_value(input, types.size(), "inputs");
    const bool constant = input >= inputs_.size() && input - inputs_.size() < constants_.size();
    request.inputs.push_back(
        {types[input], constant ? constants_[input - inputs_.size()].data : nullptr});
    input_types.push_back(types[input]);
  }
  std::unique_ptr<const Op> op = make_op(spec.op, request);
  if (spec.outputs.size() != op->outputs()) {
    refuse_value("expected ", op->outputs(), " outputs, received ", spec.outputs.size());
  }
  std::vector<TensorType> output_types(spec.outputs.size());
  op->infer(input_types.data(), output_types.data());
  for (std::size_t i = 0; i < spec.outputs.size(); ++i) {
    if (spec.outputs[i] != types.size()) {
      refuse_value("outputs: expected the next value, ", types.size(), ", received ",
                   spec.outputs[i]);
    }
    types.push_back(output_types[i]);
  }
  steps_.push_back(
      {std::move(spec.op), std::move(op), std::move(spec.inputs), std::move(spec.outputs)});
}

std::vector<TensorType> Program::infer(const std::vector<Shape>& input_shapes) const {
  std::vector<TensorType> types;
  types.reserve(value_count_);
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!compatible(input_shapes[i], inputs_[i].type.shape)) {
      refuse_value(inputs_[i].name, ": expected shape ", shape_text(inputs_[i].type.shape),
                   ", received ", shape_text(input_shapes[i]));
    }
    types.push_back({inputs_[i].type.dtype, input_shapes[i]});
  }
  for (const ConstantSpec& constant : constants_)
    types.push_back(constant.type);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    std::vector<TensorType> step_inputs, step_outputs(step.outputs.size());
    for (const ValueNumber input : step.inputs)
      step_inputs.push_back(types[input]);
    in_step(i, step.op_name, [&] { step.op->infer(step_inputs.data(), step_outputs.data()); });
    types.insert(types.end(), step_outputs.begin(), step_outputs.end());
  }
  return types;
}

}  // namespace fourfold
