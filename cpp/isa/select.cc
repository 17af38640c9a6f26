#include "isa/select.h"

#include <atomic>
#include <cstdlib>

#include "base/check.h"
#include "isa/detect.h"

namespace fourfold {
namespace {

std::vector<Isa> detect_isas() {
  std::vector<Isa> isas;
  for (std::size_t i = 0; i < kIsaCount; ++i) {
    if (cpu_supports(static_cast<Isa>(i))) isas.push_back(static_cast<Isa>(i));
  }
  return isas;
}

// The place of `name` in `isas`; refuses a name that is not there. `what` says whose name it is.
std::size_t find_isa(const char* what, const std::string& name, const std::vector<Isa>& isas) {
  std::string good;
  for (std::size_t i = 0; i < isas.size(); ++i) {
    if (name == isa_name(isas[i])) return i;
    good += (i == 0 ? "" : ", ") + std::string(isa_name(isas[i]));
  }
  refuse_value(what, ": expected one of ", good, "; received '", name, "'");
}

std::vector<Isa> capped_isas() {
  std::vector<Isa> isas = detect_isas();
  const char* const cap = std::getenv("FOURFOLD_ISA");
  if (cap != nullptr && *cap != '\0') isas.resize(find_isa("FOURFOLD_ISA", cap, isas) + 1);
  return isas;
}

// Unset until first use.
constexpr int kUnset = -1;
std::atomic<int> active{kUnset};

}  // namespace

const std::vector<Isa>& supported_isas() {
  static const std::vector<Isa> isas = capped_isas();  // tried again at the next call if it throws
  return isas;
}

Isa active_isa() {
  int isa = active.load(std::memory_order_relaxed);
  if (isa == kUnset) {
    const int best = static_cast<int>(supported_isas().back());
    if (active.compare_exchange_strong(isa, best)) isa = best;
  }
  return static_cast<Isa>(isa);
}

void use_isa(const std::string& name) {
  const std::vector<Isa>& isas = supported_isas();
  const Isa isa = isas[find_isa("isa", name, isas)];
  active.store(static_cast<int>(isa), std::memory_order_relaxed);
}

}  // namespace fourfold
