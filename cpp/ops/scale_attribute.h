// Attributes that are the scale of int8 values: the real value is scale * q.
#pragma once

#include "ops/attributes.h"

namespace fourfold {

// Finite, above 0, with a finite reciprocal; refuses any other number, and its absence.
float scale_attribute(const Attributes& attributes, const char* name);

// The same, or 0 where the attribute is absent.
float scale_or_0(const Attributes& attributes, const char* name);

}  // namespace fourfold
