// Whether an op that broadcasts treats rows (along the first axis) one by one: Op::row_wise.
#pragma once

#include "ops/op.h"

namespace fourfold {

// True if every input that is no constant has one rank, so that their first axes are aligned, and
// no constant reaches that axis, which would have to be cut along with them.
bool broadcasts_row_wise(const OpRequest& request);

}  // namespace fourfold
