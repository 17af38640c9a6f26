#include "ops/activation_names.h"

#include "base/check.h"

namespace fourfold {
namespace {

Activation find(const std::string& name, bool rowwise_too) {
  std::string good;
  for (std::size_t i = 0; i < kActivationCount; ++i) {
    const Activation kind = static_cast<Activation>(i);
    if (!rowwise_too && !is_elementwise(kind)) continue;
    if (name == kActivationNames[i]) return kind;
    good += (good.empty() ? "" : ", ") + std::string(kActivationNames[i]);
  }
  refuse_value("activation: expected one of ", good, "; received '", name, "'");
}

}  // namespace

Activation activation_named(const std::string& name) {
  return find(name, true);
}
Activation elementwise_named(const std::string& name) {
  return find(name, false);
}

}  // namespace fourfold
