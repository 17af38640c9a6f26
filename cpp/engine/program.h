// A program: a flat list of steps over numbered values, checked when it is built, then immutable.
//
// Values are numbered: first the inputs, then the constants, then the outputs of the steps, in the
// order of the steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "ops/op.h"

namespace fourfold {

using ValueNumber = std::size_t;
inline constexpr ValueNumber kAbsent = static_cast<ValueNumber>(-1);  // an optional input left out

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

  bool is_input(ValueNumber value) const { return value < inputs_.size(); }
  bool is_constant(ValueNumber value) const {
    return value >= inputs_.size() && value - inputs_.size() < constants_.size();
  }
  const ConstantSpec& constant(ValueNumber value) const {
    return constants_[value - inputs_.size()];
  }

  // True if the types of a run's values depend on this very value, and not on its type alone: it is
  // computed ahead of the plan (engine/inference.h).
  bool is_needed(ValueNumber value) const { return needed_[value]; }

 private:
  void add_step(StepSpec spec, std::vector<OpInput>& values);
  void find_needed();

  std::vector<InputSpec> inputs_;
  std::vector<ConstantSpec> constants_;
  std::vector<Step> steps_;
  std::vector<ValueNumber> outputs_;
  std::size_t value_count_ = 0;
  std::vector<bool> needed_;
};

// Runs work, and puts the number and the op of the step in front of what it refuses.
template <class Work>
void in_step(std::size_t number, const std::string& op, const Work& work) {
  const auto with_step = [&](const char* what) {
    return join_text("step ", number, " (", op, "): ", what);
  };
  try {
    work();
  } catch (const KindError& error) {
    throw KindError(with_step(error.what()));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(with_step(error.what()));
  }
}

}  // namespace fourfold
