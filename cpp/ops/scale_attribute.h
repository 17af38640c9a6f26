// Attributes that are the scale of int8 values: the real value is scale * q.
#pragma once

#include "matmul/epilogue.h"
#include "ops/attributes.h"

namespace fourfold {

// Finite, above 0, with a finite reciprocal; refuses any other number, and its absence.
float scale_attribute(const Attributes& attributes, const char* name);

// The same, or 0 where the attribute is absent.
float scale_or_0(const Attributes& attributes, const char* name);

// The integer that stands for 0: the real value is scale * (q - zero). 0 where it is absent; refused
// where that with the scale is.
float zero_or_0(const Attributes& attributes, const char* name, const char* scale);

// The same, with how far down values reach: to -128 where the attribute is there.
S8Range s8_range(const Attributes& attributes, const char* name, const char* scale);

}  // namespace fourfold
