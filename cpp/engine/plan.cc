#include "engine/plan.h"

#include "engine/arena.h"
#include "engine/buffers.h"

namespace fourfold {
namespace {

// Fills in a plan, step by step.
class Planner {
 public:
  Planner(const Program& program, std::vector<TensorType> types, const Execution& execution)
      : program_(program), types_(std::move(types)), buffers_(assign_buffers(program, types_)) {
    plan_.execution = execution;
  }

  Plan make() {
    for (const ValueNumber output : program_.outputs())
      plan_.outputs.push_back(types_[output]);
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
      const Program::Step& step = program_.steps()[i];
      std::vector<TensorType> inputs;
      for (const ValueNumber input : step.inputs)
        inputs.push_back(types_[input]);
      blocks_.push_back({step.op->scratch_bytes(inputs.data(), plan_.execution), i, i});
    }
    plan_.arena_bytes = arrange(blocks_);
  }

  void add_step(std::size_t index) {
    const Program::Step& step = program_.steps()[index];
    bool writes = false;
    for (const ValueNumber output : step.outputs)
      writes |= byte_count(types_[output]) > 0;
    if (!writes) return;
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
    plan_.operands.push_back({types_[value], {Place::kOutput, output, nullptr}});
    plan_.copies.push_back({from, from + 1, byte_count(types_[value])});
  }

  void add_operand(ValueNumber value) {
    plan_.operands.push_back({types_[value], place_of(value)});
  }

  Place place_of(ValueNumber value) const {
    const std::size_t inputs = program_.inputs().size();
    if (value < inputs) return {Place::kInput, value, nullptr};
    const std::size_t buffer = buffers_.of_value[value];
    if (buffer == kNone) return {Place::kConstant, 0, program_.constants()[value - inputs].data};
    const std::size_t output = buffers_.buffers[buffer].output;
    if (output != kNone) return {Place::kOutput, output, nullptr};
    return {Place::kArena, blocks_[buffer].offset, nullptr};
  }

  const Program& program_;
  const std::vector<TensorType> types_;
  const Buffers buffers_;
  std::vector<ArenaBlock> blocks_;
  Plan plan_;
};

}  // namespace

Plan make_plan(const Program& program, const std::vector<Shape>& input_shapes,
               const Execution& execution) {
  std::vector<TensorType> types = program.infer(input_shapes);
  const Streaming streaming = choose_streaming(program, types, execution);
  if (streaming.chunk_rows == 0) {
    Plan plan = Planner(program, std::move(types), execution).make();
    plan.streaming = streaming;
    return plan;
  }
  std::vector<Shape> chunk_shapes = input_shapes;
  for (Shape& shape : chunk_shapes)
    shape.set_first(static_cast<std::int64_t>(streaming.chunk_rows));
  // The lanes are the threads: within one, a step runs alone.
  const Execution alone = {execution.isa, 1, execution.pool};
  Plan plan = Planner(program, program.infer(chunk_shapes), alone).make();
  plan.streaming = streaming;
  plan.outputs.clear();
  for (const ValueNumber output : program.outputs())
    plan.outputs.push_back(types[output]);
  return plan;
}

}  // namespace fourfold
