// A program: a flat list of steps over numbered values, checked when it is built, then immutable.
//
// Values are numbered: first the inputs, then the constants, then the outputs of the steps, in the
// order of the steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/op.h"

namespace fourfold {

using ValueNumber = std::size_t;

struct InputSpec {
  std::string name;
  TensorType type;  // sizes may be kAnySize
};

struct ConstantSpec {
  TensorType type;   // sizes all known
  const void* data;  // C-contiguous, aligned for its type; outlives the program
};

struct StepSpec {
  std::string op;
  std::vector<ValueNumber> inputs;
  std::vector<ValueNumber> outputs;
  Attributes attributes;
};

struct ProgramSpec {
  std::vector<InputSpec> inputs;
  std::vector<ConstantSpec> constants;
  std::vector<StepSpec> steps;
  std::vector<ValueNumber> outputs;
};

class Program {
 public:
  struct Step {
    std::string op_name;
    std::unique_ptr<const Op> op;
    std::vector<ValueNumber> inputs;
    std::vector<ValueNumber> outputs;
  };

  // Checks everything; reads no constant. Throws std::invalid_argument or KindError, with the
  // number and the op of the step that is wrong.
  explicit Program(ProgramSpec spec);

  const std::vector<InputSpec>& inputs() const { return inputs_; }
  const std::vector<ConstantSpec>& constants() const { return constants_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<ValueNumber>& outputs() const { return outputs_; }
  std::size_t values() const { return value_count_; }

  // The type of every value for one call's input shapes, one per input.
  // Throws std::invalid_argument, naming the input or the step, if they do not fit.
  std::vector<TensorType> infer(const std::vector<Shape>& input_shapes) const;

 private:
  void add_step(StepSpec spec, std::vector<TensorType>& types);

  std::vector<InputSpec> inputs_;
  std::vector<ConstantSpec> constants_;
  std::vector<Step> steps_;
  std::vector<ValueNumber> outputs_;
  std::size_t value_count_ = 0;
};

}  // namespace fourfold
