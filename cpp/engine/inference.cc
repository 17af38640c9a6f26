#include "engine/inference.h"

#include <algorithm>

#include "base/check.h"
#include "base/float_environment.h"

namespace fourfold {
namespace {

// What is computed ahead although nothing needs it, because it is known: arithmetic on sizes.
constexpr std::size_t kSmallBytes = 1024;

class Inferrer {
 public:
  Inferrer(const Program& program, const std::vector<Tensor>& inputs, const Execution& execution)
      : program_(program), execution_(execution) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      add_input(program.inputs()[i], inputs[i]);
    for (const ConstantSpec& constant : program.constants())
      values_.push_back({constant.type, const_cast<void*>(constant.data)});
    result_.memory.resize(program.values());
  }

  Inference make() {
    for (std::size_t i = 0; i < program_.steps().size(); ++i) {
      in_step(i, program_.steps()[i].op_name, [&] { add_step(program_.steps()[i]); });
    }
    for (std::size_t value = 0; value < values_.size(); ++value) {
      result_.types.push_back(values_[value].type);
      result_.data.push_back(program_.is_input(value) ? nullptr : values_[value].data);
    }
    return std::move(result_);
  }

 private:
  void add_input(const InputSpec& spec, const Tensor& input) {
    if (!compatible(input.type.shape, spec.type.shape)) {
      refuse_value(spec.name, ": expected shape ", shape_text(spec.type.shape), ", received ",
                   shape_text(input.type.shape));
    }
    values_.push_back({{spec.type.dtype, input.type.shape}, input.data});
  }

  void add_step(const Program::Step& step) {
    inputs_.clear();
    for (const ValueNumber input : step.inputs)
      inputs_.push_back(input == kAbsent ? Tensor{{}, nullptr, false} : values_[input]);
    types_.assign(step.outputs.size(), {});
    step.op->infer(inputs_.data(), types_.data());
    for (const TensorType& type : types_)
      values_.push_back({type, nullptr});
    if (is_worth_knowing(step) && knows_inputs(*step.op)) compute(step);
  }

  bool is_worth_knowing(const Program::Step& step) const {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < types_.size(); ++i) {
      if (program_.is_needed(step.outputs[i])) return true;
      bytes += byte_count(types_[i]);
    }
    return bytes <= kSmallBytes;
  }

  bool knows_inputs(const Op& op) const {
    const InputSet read = op.read_inputs() | op.needed_values();
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const bool known = inputs_[i].data != nullptr || byte_count(inputs_[i].type) == 0;
      if (inputs_[i].present && has_input(read, i) && !known) return false;
    }
    return true;
  }

  void compute(const Program::Step& step) {
    std::vector<Tensor> outputs;
    bool writes = false;
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const std::size_t bytes = byte_count(types_[i]);
      // Never of no bytes: data that is known has an address.
      auto memory = std::make_shared<AlignedBuffer>(std::max<std::size_t>(bytes, 1));
      values_[step.outputs[i]].data = memory->data();
      outputs.push_back(values_[step.outputs[i]]);
      result_.memory[step.outputs[i]] = std::move(memory);
      writes |= bytes > 0;
    }
    if (!writes) return;
    const std::size_t viewed = step.op->viewed_input();
    if (viewed != kNoInput) {
      copy_bytes(inputs_[viewed], outputs[0]);
      return;
    }
    const AlignedBuffer scratch(step.op->scratch_bytes(inputs_.data(), execution_));
    const FloatEnvironment float_environment;
    step.op->run({inputs_.data(), outputs.data(), scratch.data()}, execution_);
  }

  const Program& program_;
  const Execution& execution_;
  std::vector<Tensor> values_;
  std::vector<Tensor> inputs_;     // of the step in hand
  std::vector<TensorType> types_;  // of its outputs
  Inference result_;
};

}  // namespace

Inference infer(const Program& program, const std::vector<Tensor>& inputs,
                const Execution& execution) {
  return Inferrer(program, inputs, execution).make();
}

}  // namespace fourfold
