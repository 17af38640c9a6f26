// The loops of unary: one function over contiguous elements.
#pragma once

#include "ops/dtype.h"
#include "ops/elementwise/independent.h"

namespace fourfold {

enum class UnaryKind {
#define FOURFOLD_UNARY_KIND(enumerator, name) enumerator,
#include "ops/elementwise/unary_kinds.inc"
#undef FOURFOLD_UNARY_KIND
};

// y[i] = f(x[i]) for i < count; y may be x if of the same type.
using UnaryLoop = void (*)(const void* x, void* y, std::size_t count);

// Null where a kind is not of the group, or not defined for this type.
UnaryLoop float64_function(UnaryKind kind);
UnaryLoop integer_function(UnaryKind kind, DType dtype);  // and of bool

// y bool: which of the infinities are meant?
UnaryLoop infinity_test(DType dtype, bool negative, bool positive);
UnaryLoop nan_test(DType dtype);

template <class X, class Y, class F>
void unary_loop(const void* from, void* to, std::size_t count) {
  const X* x = static_cast<const X*>(from);
  Y* y = static_cast<Y*>(to);
  FOURFOLD_INDEPENDENT
  for (std::size_t i = 0; i < count; ++i)
    y[i] = F{}(x[i]);
}

}  // namespace fourfold
