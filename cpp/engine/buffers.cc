#include "engine/buffers.h"

#include <algorithm>

namespace fourfold {
namespace {

// For each value the value whose bytes it is: itself, but for the outputs of views.
std::vector<ValueNumber> find_roots(const Program& program, const Inference& inference) {
  std::vector<ValueNumber> root(program.values());
  for (ValueNumber value = 0; value < root.size(); ++value)
    root[value] = value;
  for (const Program::Step& step : program.steps()) {
    const std::size_t viewed = step.op->viewed_input();
    if (viewed == kNoInput || inference.data[step.outputs[0]] != nullptr) continue;
    root[step.outputs[0]] = root[step.inputs[viewed]];
  }
  return root;
}

// For each root the last step that reads it; values that the program returns outlive every step.
std::vector<std::size_t> last_uses(const Program& program, const std::vector<ValueNumber>& root) {
  std::vector<std::size_t> last(program.values(), 0);
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    for (const ValueNumber input : program.steps()[i].inputs) {
      if (input != kAbsent) last[root[input]] = i;
    }
  }
  for (const ValueNumber output : program.outputs())
    last[root[output]] = program.steps().size();
  return last;
}

class Assigner {
 public:
  Assigner(const Program& program, const Inference& inference)
      : program_(program), inference_(inference) {
    result_.root = find_roots(program, inference);
    result_.of_value.assign(program.values(), kNone);
    last_use_ = last_uses(program, result_.root);
  }

  Buffers make() {
    for (std::size_t i = 0; i < program_.steps().size(); ++i)
      add_step(i);
    for (std::size_t i = program_.outputs().size(); i-- > 0;) {
      const std::size_t buffer = result_.of_value[program_.outputs()[i]];
      if (buffer != kNone) result_.buffers[buffer].output = i;
    }
    return std::move(result_);
  }

 private:
  void add_step(std::size_t index) {
    const Program::Step& step = program_.steps()[index];
    for (std::size_t k = 0; k < step.outputs.size(); ++k) {
      const ValueNumber value = step.outputs[k];
      if (inference_.data[value] != nullptr) continue;
      if (result_.root[value] != value) {
        result_.of_value[value] = result_.of_value[result_.root[value]];
        continue;
      }
      std::size_t buffer = k == 0 ? find_overwritable(index) : kNone;
      if (buffer == kNone) {
        buffer = result_.buffers.size();
        result_.buffers.push_back({byte_count(inference_.types[value]), index, index});
      }
      result_.of_value[value] = buffer;
      Buffer& extended = result_.buffers[buffer];
      extended.last = std::max({extended.last, index, last_use_[value]});
    }
  }

  // The buffer of the input that a step may write over, or kNone.
  std::size_t find_overwritable(std::size_t index) const {
    const Program::Step& step = program_.steps()[index];
    const TensorType& output = inference_.types[step.outputs[0]];
    for (std::size_t i = 0; i < step.op->overwritable_inputs(); ++i) {
      const ValueNumber input = step.inputs[i];
      if (input == kAbsent || result_.of_value[input] == kNone) continue;
      const ValueNumber root = result_.root[input];
      const TensorType& type = inference_.types[input];
      const bool same_type = type.dtype == output.dtype && type.shape == output.shape;
      const bool once = std::count_if(step.inputs.begin(), step.inputs.end(), [&](ValueNumber v) {
                          return v != kAbsent && result_.root[v] == root;
                        }) == 1;
      if (last_use_[root] == index && same_type && once) return result_.of_value[input];
    }
    return kNone;
  }

  const Program& program_;
  const Inference& inference_;
  std::vector<std::size_t> last_use_;
  Buffers result_;
};

}  // namespace

Buffers assign_buffers(const Program& program, const Inference& inference) {
  return Assigner(program, inference).make();
}

}  // namespace fourfold
