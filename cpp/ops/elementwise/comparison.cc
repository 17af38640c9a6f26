// The comparisons of binary: y bool. With a NaN every one of them is false.
#include "ops/elementwise/binary_loops.h"
#include "ops/elementwise/numbers.h"

namespace fourfold {
namespace {

// Bytes that are not 0 are true: an array of bool may hold any.
bool truth(std::uint8_t a) {
  return a != 0;
}

template <class T>
struct Equal {
  bool operator()(T a, T b) const { return a == b; }
};

struct EqualTruths {
  bool operator()(std::uint8_t a, std::uint8_t b) const { return truth(a) == truth(b); }
};

template <class T>
struct Less {
  bool operator()(T a, T b) const { return a < b; }
};

template <class T>
struct LessEqual {
  bool operator()(T a, T b) const { return a <= b; }
};

template <class T>
struct Greater {
  bool operator()(T a, T b) const { return a > b; }
};

template <class T>
struct GreaterEqual {
  bool operator()(T a, T b) const { return a >= b; }
};

template <class T>
BinaryLoop loop_of(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kEqual:
      return binary_loop<T, T, bool, Equal<T>>;
    case BinaryKind::kLess:
      return binary_loop<T, T, bool, Less<T>>;
    case BinaryKind::kLessEqual:
      return binary_loop<T, T, bool, LessEqual<T>>;
    case BinaryKind::kGreater:
      return binary_loop<T, T, bool, Greater<T>>;
    case BinaryKind::kGreaterEqual:
      return binary_loop<T, T, bool, GreaterEqual<T>>;
    default:
      return nullptr;
  }
}

}  // namespace

BinaryLoop comparison_loop(BinaryKind kind, DType dtype) {
  if (dtype == DType::kBool) {
    const bool known = kind == BinaryKind::kEqual;
    return known ? binary_loop<std::uint8_t, std::uint8_t, bool, EqualTruths> : nullptr;
  }
  return visit_dtype(dtype, [&](auto tag) -> BinaryLoop {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsNumber<T>) {
      return loop_of<T>(kind);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
