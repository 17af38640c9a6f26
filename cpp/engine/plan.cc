#include "engine/plan.h"

#include "engine/arena.h"
#include "engine/buffers.h"

namespace fourfold {
namespace {

// Fills in a plan, step by step.
class Planner {
 public:
  Planner(const Program& program, const std::vector<Tensor>& inputs, const Inference& inference,
          const Execution& execution)
      : program_(program),
        inputs_(inputs),
        inference_(inference),
        buffers_(assign_buffers(program, inference)) {
    plan_.execution = execution;
  }

  Plan make() {
    for (const ValueNumber output : program_.outputs())
      plan_.outputs.push_back(inference_.types[output]);
    lay_out_arena();
    for (std::size_t i = 0; i < program_.steps().size(); ++i)
      add_step(i);
    for (std::size_t i = 0; i < program_.outputs().size(); ++i)
      add_copy(i);
    return std::move(plan_);
  }

 private:
  // One block for each buffer, then one for each step's scratch.
  void lay_out_arena() {
    for (const Buffer& buffer : buffers_.buffers) {
      const bool external = buffer.output != kNone;
      blocks_.push_back({external ? 0 : buffer.bytes, buffer.first, buffer.last});
    }
    for (std::size_t i = 0; i < program_.steps().size(); ++i) {
      const std::size_t bytes = runs(program_.steps()[i]) ? scratch_bytes(program_.steps()[i]) : 0;
      blocks_.push_back({bytes, i, i});
    }
    plan_.arena_bytes = arrange(blocks_);
  }

  std::size_t scratch_bytes(const Program::Step& step) const {
    std::vector<Tensor> inputs;
    for (const ValueNumber input : step.inputs) {
      inputs.push_back(input == kAbsent ? Tensor{{}, nullptr, false}
                                        : Tensor{inference_.types[input], data_of(input)});
    }
    return step.op->scratch_bytes(inputs.data(), plan_.execution);
  }

  // The data of an input, of those that are needed, lasts as long as this call.
  void* data_of(ValueNumber value) const {
    return program_.is_input(value) ? inputs_[value].data : inference_.data[value];
  }

  // Not: a view, what was computed ahead, and what has nothing to write.
  bool runs(const Program::Step& step) const {
    bool writes = false;
    for (const ValueNumber output : step.outputs)
      writes |= inference_.data[output] == nullptr && byte_count(inference_.types[output]) > 0;
    return writes && step.op->viewed_input() == kNoInput;
  }

  void add_step(std::size_t index) {
    const Program::Step& step = program_.steps()[index];
    if (!runs(step)) return;
    const std::size_t scratch = blocks_[buffers_.buffers.size() + index].offset;
    const std::size_t first = plan_.operands.size();
    plan_.steps.push_back({step.op.get(), first, first + step.inputs.size(), scratch});
    for (const ValueNumber input : step.inputs)
      add_operand(input);
    for (const ValueNumber output : step.outputs)
      add_operand(output);
  }

  void add_copy(std::size_t output) {
    const ValueNumber value = program_.outputs()[output];
    const std::size_t buffer = buffers_.of_value[value];
    if (buffer != kNone && buffers_.buffers[buffer].output == output) return;
    const std::size_t from = plan_.operands.size();
    add_operand(value);
    plan_.operands.push_back({inference_.types[value], {Place::kOutput, output, nullptr}});
    plan_.copies.push_back({from, from + 1, byte_count(inference_.types[value])});
  }

  void add_operand(ValueNumber value) {
    if (value == kAbsent) {
      plan_.operands.push_back({{}, {Place::kAbsentInput, 0, nullptr}});
      return;
    }
    const ValueNumber root = buffers_.root[value];
    if (inference_.memory[root] != nullptr) plan_.computed.push_back(inference_.memory[root]);
    plan_.operands.push_back({inference_.types[value], place_of(root)});
  }

  Place place_of(ValueNumber value) const {
    if (program_.is_input(value)) return {Place::kInput, value, nullptr};
    const std::size_t buffer = buffers_.of_value[value];
    if (buffer == kNone) return {Place::kConstant, 0, inference_.data[value]};
    const std::size_t output = buffers_.buffers[buffer].output;
    if (output != kNone) return {Place::kOutput, output, nullptr};
    return {Place::kArena, blocks_[buffer].offset, nullptr};
  }

  const Program& program_;
  const std::vector<Tensor>& inputs_;
  const Inference& inference_;
  const Buffers buffers_;
  std::vector<ArenaBlock> blocks_;
  Plan plan_;
};

}  // namespace

Plan make_plan(const Program& program, const std::vector<Tensor>& inputs,
               const Execution& execution) {
  const Inference whole = infer(program, inputs, execution);
  const Streaming streaming = choose_streaming(program, whole.types, execution);
  if (streaming.chunk_rows == 0) {
    Plan plan = Planner(program, inputs, whole, execution).make();
    plan.streaming = streaming;
    return plan;
  }
  std::vector<Tensor> chunk = inputs;
  for (Tensor& input : chunk)
    input.type.shape.set_first(static_cast<std::int64_t>(streaming.chunk_rows));
  // The lanes are the threads: within one, a step runs alone.
  const Execution alone = {execution.isa, 1, execution.pool};
  Plan plan = Planner(program, chunk, infer(program, chunk, alone), alone).make();
  plan.streaming = streaming;
  plan.outputs.clear();
  for (const ValueNumber output : program.outputs())
    plan.outputs.push_back(whole.types[output]);
  return plan;
}

}  // namespace fourfold
