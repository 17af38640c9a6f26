// What the engine asks of an operation. One file per op: its checks, its shape rule, its run.
#pragma once

#include <cstddef>
#include <vector>

#include "matmul/execution.h"
#include "ops/attributes.h"
#include "ops/tensor.h"

namespace fourfold {

// One input of a step as it is known when the program is built: sizes may be kAnySize.
struct OpInput {
  TensorType type;
  const void* constant = nullptr;  // its data if it never changes; outlives the op
};

// What a step asks for. An op's make function checks it in full, and throws std::invalid_argument
// or KindError with a sentence that names the input or the attribute.
struct OpRequest {
  std::vector<OpInput> inputs;
  const Attributes& attributes;
};

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

  // The shape rule: types of the outputs for inputs of these types, where sizes may be kAnySize.
  // Throws std::invalid_argument if they do not fit.
  virtual void infer(const TensorType* inputs, TensorType* outputs) const = 0;

  // How many of the first inputs may lie in the very memory of output 0 (if of the same type):
  // run then writes no element that it has yet to read.
  virtual std::size_t overwritable_inputs() const { return 0; }

  // True if row r of the outputs (along the first axis) depends on row r of the inputs that are no
  // constants, and on nothing else of them, whatever the number of rows. Asked only where all of
  // them have rank 2 or more. scratch_bytes must then not grow when the rows become fewer.
  virtual bool row_wise() const { return false; }

  virtual std::size_t scratch_bytes(const TensorType*, const Execution&) const { return 0; }

  // Called from several threads at once. Never called where all outputs are empty.
  virtual void run(const StepData& step, const Execution& execution) const = 0;
};

}  // namespace fourfold
