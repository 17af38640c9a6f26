#include "ops/scale_attribute.h"

#include <cmath>

#include "base/check.h"

namespace fourfold {

float scale_attribute(const Attributes& attributes, const char* name) {
  const float scale = attributes.number(name);
  if (std::isfinite(scale) && scale > 0.0f && std::isfinite(1.0f / scale)) return scale;
  refuse_value("attribute '", name,
               "': expected a finite number above 0, with a finite reciprocal, received ", scale);
}

float scale_or_0(const Attributes& attributes, const char* name) {
  return attributes.has(name) ? scale_attribute(attributes, name) : 0.0f;
}

float zero_or_0(const Attributes& attributes, const char* name, const char* scale) {
  if (attributes.has(name) && !attributes.has(scale))
    refuse_value("attribute '", name, "': expected none without '", scale, "'");
  return static_cast<float>(attributes.integer_or(name, 0, -128, 127));
}

S8Range s8_range(const Attributes& attributes, const char* name, const char* scale) {
  constexpr std::int8_t kWithZero = -128, kWithout = -127;
  return {zero_or_0(attributes, name, scale), attributes.has(name) ? kWithZero : kWithout};
}

}  // namespace fourfold
