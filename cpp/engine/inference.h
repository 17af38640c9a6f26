// What can be known of a program's values before it runs on certain inputs: the type of every one,
// and the data of some.
//
// Types may depend on values: reshape takes a shape that other steps compute from a size of the
// input. Program::is_needed marks those values. Their steps are run here, one after the other, and
// are constants for the plan. Where even non_zero of an activation is needed, everything before it
// runs here: no special case, only slower than planned memory.
#pragma once

#include <memory>
#include <vector>

#include "base/aligned_buffer.h"
#include "engine/program.h"

namespace fourfold {

struct Inference {
  std::vector<TensorType> types;  // of every value
  std::vector<void*> data;        // null where it is not known; not of inputs
  std::vector<std::shared_ptr<const AlignedBuffer>> memory;  // of values computed here, else null
};

// `inputs` has the shape of every input, and the data of those that are needed. Throws
// std::invalid_argument, naming the input or the step, if the shapes do not fit; std::bad_alloc.
Inference infer(const Program& program, const std::vector<Tensor>& inputs,
                const Execution& execution);

}  // namespace fourfold
