#include "engine/buffers.h"

#include <algorithm>

namespace fourfold {
namespace {

// For each value the last step that reads it; values that the program returns outlive every step.
std::vector<std::size_t> last_uses(const Program& program) {
  std::vector<std::size_t> last(program.values(), 0);
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    for (const ValueNumber input : program.steps()[i].inputs)
      last[input] = i;
  }
  for (const ValueNumber output : program.outputs())
    last[output] = program.steps().size();
  return last;
}

// The buffer of the input that step `index` may write over, or kNone.
std::size_t find_overwritable(const Program& program, std::size_t index,
                              const std::vector<TensorType>& types,
                              const std::vector<std::size_t>& last_use,
                              const std::vector<std::size_t>& buffer_of) {
  const Program::Step& step = program.steps()[index];
  const TensorType& output = types[step.outputs[0]];
  for (std::size_t i = 0; i < step.op->overwritable_inputs(); ++i) {
    const ValueNumber input = step.inputs[i];
    const bool dies = last_use[input] == index && buffer_of[input] != kNone;
    const bool same_type = types[input].dtype == output.dtype && types[input].shape == output.shape;
    const bool once = std::count(step.inputs.begin(), step.inputs.end(), input) == 1;
    if (dies && same_type && once) return buffer_of[input];
  }
  return kNone;
}

}  // namespace

Buffers assign_buffers(const Program& program, const std::vector<TensorType>& types) {
  const std::vector<std::size_t> last_use = last_uses(program);
  Buffers result;
  result.of_value.assign(program.values(), kNone);
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    const Program::Step& step = program.steps()[i];
    for (std::size_t k = 0; k < step.outputs.size(); ++k) {
      const ValueNumber value = step.outputs[k];
      std::size_t buffer =
          k == 0 ? find_overwritable(program, i, types, last_use, result.of_value) : kNone;
      if (buffer == kNone) {
        buffer = result.buffers.size();
        result.buffers.push_back({byte_count(types[value]), i, i});
      }
      result.of_value[value] = buffer;
      Buffer& extended = result.buffers[buffer];
      extended.last = std::max({extended.last, i, last_use[value]});
    }
  }
  for (std::size_t i = program.outputs().size(); i-- > 0;) {
    const std::size_t buffer = result.of_value[program.outputs()[i]];
    if (buffer != kNone) result.buffers[buffer].output = i;
  }
  return result;
}

}  // namespace fourfold
