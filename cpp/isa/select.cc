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

std::string names_of(const std::vector<Isa>& isas) {
  std::string names;
  for (const Isa isa : isas)
    names += (names.empty() ? "" : ", ") + std::string(isa_name(isa));
  return names;
}

// The number of an ISA by its name, or kIsaCount if there is none of that name.
std::size_t isa_number(const std::string& name) {
  std::size_t number = 0;
  while (number < kIsaCount && name != kIsaNames[number])
    ++number;
  return number;
}

// FOURFOLD_ISA may only lower: one that this machine lacks hides those above it, and no more.
std::vector<Isa> capped_isas() {
  std::vector<Isa> isas = detect_isas();
  const char* const cap = std::getenv("FOURFOLD_ISA");
  if (cap == nullptr || *cap == '\0') return isas;
  const std::size_t highest = isa_number(cap);
  if (highest == kIsaCount) {
    refuse_value("FOURFOLD_ISA: expected one of ", names_of(isas), "; received '", cap, "'");
  }
  while (static_cast<std::size_t>(isas.back()) > highest)
    isas.pop_back();
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
  for (const Isa isa : isas) {
    if (name != isa_name(isa)) continue;
    active.store(static_cast<int>(isa), std::memory_order_relaxed);
    return;
  }
  const char* const why = isa_number(name) < kIsaCount ? ", which is not to be had here" : "";
  refuse_value("isa: expected one of ", names_of(isas), "; received '", name, "'", why);
}

}  // namespace fourfold
