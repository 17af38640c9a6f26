// What the engine asks of an operation. One file per op: its checks, its shape rule, its run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "matmul/execution.h"
#include "ops/attributes.h"
#include "ops/tensor.h"

namespace fourfold {

// One input of a step as it is known when the program is built: sizes may be kAnySize. Of the output
// of an op that needs values which only the call will bring (Op::needed_values), not even the type
// is known.
struct OpInput {
  TensorType type;
  const void* constant = nullptr;  // its data if it never changes; outlives the op
  bool present = true;             // false: an optional input that the step does without
  bool known = true;               // false: its type isn't
};

// What a step asks for. An op's make function checks it in full, and throws std::invalid_argument
// or KindError with a sentence that names the input or the attribute.
struct OpRequest {
  std::vector<OpInput> inputs;
  const Attributes& attributes;
};

// A set of a step's inputs, the first in bit 0.
using InputSet = std::uint64_t;
inline constexpr InputSet kNoInputs = 0;
inline constexpr InputSet kAllInputs = ~InputSet{0};
constexpr InputSet input_set(std::initializer_list<std::size_t> inputs) {
  InputSet set = 0;
  for (const std::size_t input : inputs)
    set |= InputSet{1} << input;
  return set;
}
constexpr bool has_input(InputSet set, std::size_t input) {
  return input < 64 ? (set >> input & 1) != 0 : set == kAllInputs;
}
inline constexpr std::size_t kNoInput = static_cast<std::size_t>(-1);

// One step of one run. Inputs and outputs have the types that infer was asked about and gave.
struct StepData {
  const Tensor* inputs;
  const Tensor* outputs;
  std::byte* scratch;  // scratch_bytes of it, on a 64-byte boundary
};

class Op {
 public:
  Op() = default;
  virtual ~Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  virtual std::size_t outputs() const { return 1; }

  // The shape rule: types of the outputs for inputs of these types.
  // The data of inputs is there for those in needed_values(), and null or not for the others.
  // Throws std::invalid_argument if they do not fit.
  virtual void infer(const Tensor* inputs, TensorType* outputs) const = 0;

  // True if infer can do with sizes that are kAnySize: then mistakes show when the program is built.
  // Otherwise it is asked only once the sizes are known.
  virtual bool infers_any_size() const { return false; }

  // The inputs whose values, not only their types, decide the outputs' types: the shape that
  // reshape is given, all of what non_zero looks at. The engine computes them ahead of the plan.
  virtual InputSet needed_values() const { return kNoInputs; }

  // The inputs whose values decide the outputs' values. Those of the shape op do not.
  virtual InputSet read_inputs() const { return kAllInputs; }

  // The input, if any, whose bytes are the output's bytes as they lie (reshape): nothing is run.
  virtual std::size_t viewed_input() const { return kNoInput; }

  // How many of the first inputs may lie in the very memory of output 0 (if of the same type):
  // run then writes no element that it has yet to read.
  virtual std::size_t overwritable_inputs() const { return 0; }

  // True if row r of the outputs (along the first axis) depends on row r of the inputs that are no
  // constants, and on nothing else of them, whatever the number of rows. Asked only where all of
  // them have rank 2 or more. scratch_bytes must then not grow when the rows become fewer.
  virtual bool row_wise() const { return false; }

  // Asked about the inputs that infer was asked about.
  virtual std::size_t scratch_bytes(const Tensor*, const Execution&) const { return 0; }

  // Called from several threads at once. Never called where all outputs are empty.
  virtual void run(const StepData& step, const Execution& execution) const = 0;
};

}  // namespace fourfold
