#include "ops/registry.h"

#include "base/check.h"

namespace fourfold {
namespace {

struct Entry {
  const char* name;
  std::unique_ptr<Op> (*make)(const OpRequest& request);
};

constexpr Entry kOps[] = {
#define FOURFOLD_OP(name) {#name, make_##name},
#include "ops/ops.inc"
#undef FOURFOLD_OP
};

}  // namespace

std::unique_ptr<Op> make_op(const std::string& name, const OpRequest& request) {
  std::string good;
  for (const Entry& op : kOps) {
    if (name == op.name) return op.make(request);
    good += (good.empty() ? "" : ", ") + std::string(op.name);
  }
  refuse_value("unknown op '", name, "'; expected one of ", good);
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const Entry& op : kOps)
    names.emplace_back(op.name);
  return names;
}

}  // namespace fourfold
