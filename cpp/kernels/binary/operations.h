// The binary operations but pow, and the loops that run one over a block. Include after one
// vocabulary and simd/common.h.
#pragma once

#include <cstddef>

namespace fourfold {
namespace {

FOURFOLD_INLINE F32 add(F32 a, F32 b) {
  return a + b;
}
FOURFOLD_INLINE F32 sub(F32 a, F32 b) {
  return a - b;
}
FOURFOLD_INLINE F32 mul(F32 a, F32 b) {
  return a * b;
}
FOURFOLD_INLINE F32 div(F32 a, F32 b) {
  return a / b;
}

FOURFOLD_INLINE F32 prelu(F32 a, F32 b) {
  return select(less(a, broadcast(0.0f)), b * a, a);
}

template <F32 (*operation)(F32, F32)>
struct OfBoth {
  FOURFOLD_INLINE F32 operator()(F32 a, F32 b) const { return operation(a, b); }
};

template <F32 (*operation)(F32, F32)>
struct WithLeft {
  F32 a;
  FOURFOLD_INLINE F32 operator()(F32 b) const { return operation(a, b); }
};

template <F32 (*operation)(F32, F32)>
struct WithRight {
  F32 b;
  FOURFOLD_INLINE F32 operator()(F32 a) const { return operation(a, b); }
};

template <F32 (*operation)(F32, F32)>
struct Constant {
  F32 a;
  F32 b;
  FOURFOLD_INLINE F32 operator()() const { return operation(a, b); }
};

template <F32 (*operation)(F32, F32)>
void over_rows(const BinaryBlock& block) {
  const std::size_t columns = block.columns;
  if (columns == 0) return;
  for (std::size_t r = 0; r < block.rows; ++r) {
    const float* a = block.a.data + r * block.a.row_stride;
    const float* b = block.b.data + r * block.b.row_stride;
    float* y = block.y + r * block.y_stride;
    if (block.a.single && block.b.single) {
      zip(y, columns, Constant<operation>{broadcast(*a), broadcast(*b)});
    } else if (block.a.single) {
      zip(y, columns, WithLeft<operation>{broadcast(*a)}, b);
    } else if (block.b.single) {
      zip(y, columns, WithRight<operation>{broadcast(*b)}, a);
    } else {
      zip(y, columns, OfBoth<operation>{}, a, b);
    }
  }
}

}  // namespace
}  // namespace fourfold
