// One thread's memory for a plan: the arena, and every operand's address in it.
#pragma once

#include <cstddef>
#include <vector>

#include "base/aligned_buffer.h"
#include "engine/plan.h"
#include "matmul/blocking.h"

namespace fourfold {

class Lane {
 public:
  std::size_t bytes() const { return arena_.bytes(); }

  // Prepares for a plan, which outlives the binding. Throws std::bad_alloc.
  void bind(const Plan& plan);

  // Runs the plan on all rows of a call, or, where it streams, on the rows of a range, chunk by
  // chunk. inputs and outputs are those of the whole call.
  void run(const std::vector<const void*>& inputs, const std::vector<void*>& outputs);
  void run_rows(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                Range rows);

 private:
  void patch(const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
             std::size_t first_row);
  void set_rows(std::size_t rows);
  void run_steps();

  // An operand in an array of the caller's, which is another one in each run.
  struct CallersOperand {
    std::size_t operand;    // its index in operands_
    std::size_t number;     // of the program's input or output
    std::size_t row_bytes;  // 0 if the plan does not stream
  };

  const Plan* plan_ = nullptr;
  AlignedBuffer arena_;
  std::vector<Tensor> operands_;
  std::size_t chunk_rows_ = 0;  // that operands_ have now; 0 if the plan does not stream
  std::vector<CallersOperand> inputs_;
  std::vector<CallersOperand> outputs_;
};

}  // namespace fourfold
