// The kinds of reduce, and the functions that run them.
#pragma once

#include "ops/elementwise/numbers.h"
#include "ops/op.h"
#include "ops/reduction/loops.h"

namespace fourfold {

enum class ReduceKind {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kL1,
  kL2,
  kLogSum,
  kLogSumExp,
  kSumSquare,
};

using Reduction = void (*)(ReduceKind kind, const ReductionLoops& loops, const StepData& step,
                           const Execution& execution);

// Null where a kind is not of the group, or not defined for this type.
Reduction sum_reduction(ReduceKind kind, DType dtype);
Reduction log_sum_reduction(ReduceKind kind, DType dtype);
Reduction extremum_reduction(ReduceKind kind, DType dtype);

}  // namespace fourfold
