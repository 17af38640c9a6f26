#include "ops/attributes.h"

#include <algorithm>

#include "base/check.h"

namespace fourfold {
namespace {

[[noreturn]] void refuse_attribute_kind(const char* name, const char* expected,
                                        const Attributes::Value& received) {
  constexpr const char* kKinds[] = {"an integer", "a float", "a string", "integers", "floats"};
  refuse_kind("attribute '", name, "': expected ", expected, ", received ",
              kKinds[received.index()]);
}

}  // namespace

void Attributes::allow_only(std::initializer_list<const char*> names) const {
  for (const auto& [name, value] : values_) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string good;
    for (const char* allowed : names)
      good += (good.empty() ? "" : ", ") + std::string(allowed);
    refuse_value("unknown attribute '", name, "'; expected ", good.empty() ? "none" : good);
  }
}

const Attributes::Value& Attributes::value(const char* name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) refuse_value("attribute '", name, "' is missing");
  return found->second;
}

std::size_t Attributes::size(const char* name, std::size_t limit) const {
  return static_cast<std::size_t>(integer(name, 1, static_cast<std::int64_t>(limit)));
}

std::int64_t Attributes::integer(const char* name, std::int64_t low, std::int64_t high) const {
  const std::int64_t* found = std::get_if<std::int64_t>(&value(name));
  if (found == nullptr) refuse_attribute_kind(name, "an integer", value(name));
  if (*found < low || *found > high) {
    refuse_value("attribute '", name, "': expected ", low, " to ", high, ", received ", *found);
  }
  return *found;
}

bool Attributes::flag(const char* name) const {
  return integer(name, 0, 1) == 1;
}

float Attributes::number(const char* name) const {
  const Value& found = value(name);
  if (const auto* whole = std::get_if<std::int64_t>(&found)) return static_cast<float>(*whole);
  if (const auto* real = std::get_if<double>(&found)) return static_cast<float>(*real);
  refuse_attribute_kind(name, "a number", found);
}

const std::string& Attributes::text(const char* name) const {
  const std::string* found = std::get_if<std::string>(&value(name));
  if (found == nullptr) refuse_attribute_kind(name, "a string", value(name));
  return *found;
}

Attributes::Integers Attributes::integers(const char* name) const {
  const Integers* found = std::get_if<Integers>(&value(name));
  if (found == nullptr) refuse_attribute_kind(name, "integers", value(name));
  return *found;
}

Attributes::Reals Attributes::numbers(const char* name) const {
  const Value& found = value(name);
  if (const auto* whole = std::get_if<Integers>(&found)) return {whole->begin(), whole->end()};
  if (const auto* real = std::get_if<Reals>(&found)) return *real;
  refuse_attribute_kind(name, "numbers", found);
}

}  // namespace fourfold
