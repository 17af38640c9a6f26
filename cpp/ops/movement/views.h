// Ops whose output is the bytes of their first input as they lie.
#pragma once

#include "ops/op.h"

namespace fourfold {

class ViewOp : public Op {
 public:
  std::size_t viewed_input() const override { return 0; }
  void run(const StepData&, const Execution&) const override {}  // never called
};

}  // namespace fourfold
