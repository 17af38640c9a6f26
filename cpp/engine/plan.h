// A plan: everything about running a program on inputs of certain shapes that can be fixed ahead.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "engine/program.h"
#include "engine/streaming.h"
#include "matmul/execution.h"

namespace fourfold {

// Where one operand of a step lies.
struct Place {
  enum Kind { kArena, kConstant, kInput, kOutput, kAbsentInput };
  Kind kind = kArena;
  std::size_t index = 0;           // arena: bytes from its start; input, output: its number
  const void* constant = nullptr;  // constant: its data
};

struct PlannedOperand {
  TensorType type;
  Place place;
};

struct PlannedStep {
  const Op* op;
  std::size_t inputs;   // index of its first input in Plan::operands
  std::size_t outputs;  // index of its first output
  std::size_t scratch;  // bytes from the start of the arena
};

// An output of the program that no step writes: an input, a constant, or an earlier output again.
struct PlannedCopy {
  std::size_t from;  // index in Plan::operands
  std::size_t to;
  std::size_t bytes;
};

struct Plan {
  Execution execution;              // of every step
  Streaming streaming;              // if it streams, operands and arena are those of one chunk
  std::vector<TensorType> outputs;  // of the program, in one call
  std::vector<PlannedOperand> operands;
  std::vector<PlannedStep> steps;  // those that have anything to write
  std::vector<PlannedCopy> copies;
  std::size_t arena_bytes = 0;
  std::vector<std::shared_ptr<const AlignedBuffer>> computed;  // constants made ahead of the run
};

// The plan refers to the program's ops and constants; `inputs` are as infer wants them. Throws what
// infer throws.
Plan make_plan(const Program& program, const std::vector<Tensor>& inputs,
               const Execution& execution);

}  // namespace fourfold
