// The loops of binary: one function over a block of rows of two inputs and an output.
#pragma once

#include <type_traits>

#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/independent.h"
#include "ops/op.h"

namespace fourfold {

enum class BinaryKind {
#define FOURFOLD_BINARY_KIND(enumerator, name) enumerator,
#include "ops/elementwise/binary_kinds.inc"
#undef FOURFOLD_BINARY_KIND
};

// y may be a or b if of the same type and shape.
struct BinaryData {
  const void* a;
  const void* b;
  void* y;
};

using BinaryLoop = void (*)(const BinaryData& data, const BroadcastBlock& block);

// Null where a kind is not of the group, or not defined for two inputs of this type.
BinaryLoop arithmetic_loop(BinaryKind kind, DType dtype);
BinaryLoop comparison_loop(BinaryKind kind, DType dtype);  // y bool
BinaryLoop logic_loop(BinaryKind kind, DType dtype);
// float64 to float64, or an integer to int64, uint64 or float64.
BinaryLoop power_loop(DType base, DType exponent);

// float32 has a loop for each way to broadcast, so that each uses vectors. The others, rarer and
// many, share one, of which compilers make a version with vectors for steps of 1.
template <class A, class B, class Y, class F>
void binary_row(const A* a, bool single_a, const B* b, bool single_b, Y* y, std::size_t count,
                F f) {
  if constexpr (!std::is_same_v<A, float>) {
    const std::size_t step_a = single_a ? 0 : 1, step_b = single_b ? 0 : 1;
    FOURFOLD_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
      y[i] = f(a[i * step_a], b[i * step_b]);
  } else if (single_b) {  // of both only in a row of one element
    const B value = *b;
    FOURFOLD_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
      y[i] = f(a[i], value);
  } else if (single_a) {
    const A value = *a;
    FOURFOLD_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
      y[i] = f(value, b[i]);
  } else {
    FOURFOLD_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i)
      y[i] = f(a[i], b[i]);
  }
}

template <class A, class B, class Y, class F>
void binary_loop(const BinaryData& data, const BroadcastBlock& block) {
  const BroadcastBlock::Input &of_a = block.inputs[0], &of_b = block.inputs[1];
  const A* a = static_cast<const A*>(data.a) + of_a.first;
  const B* b = static_cast<const B*>(data.b) + of_b.first;
  Y* y = static_cast<Y*>(data.y) + block.y;
  for (std::size_t row = 0; row < block.rows; ++row) {
    binary_row(a, of_a.single, b, of_b.single, y, block.columns, F{});
    a += of_a.row_stride;
    b += of_b.row_stride;
    y += block.columns;
  }
}

}  // namespace fourfold
