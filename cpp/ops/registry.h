// The ops by name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/op.h"

namespace fourfold {

#define FOURFOLD_OP(name) std::unique_ptr<Op> make_##name(const OpRequest& request);
#include "ops/ops.inc"
#undef FOURFOLD_OP

// Throws std::invalid_argument for an unknown name, and whatever the op's own checks throw.
std::unique_ptr<Op> make_op(const std::string& name, const OpRequest& request);

std::vector<std::string> op_names();

}  // namespace fourfold
