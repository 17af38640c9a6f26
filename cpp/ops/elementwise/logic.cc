// The kinds of binary that look at bits: and, or, xor of bool; the bitwise ones and shifts of
// integers.
//
// A shift by as many bits as there are, or more, leaves 0; to the right, copies of the sign.
#include "ops/elementwise/binary_loops.h"
#include "ops/elementwise/numbers.h"

namespace fourfold {
namespace {

template <class T>
struct And {
  T operator()(T a, T b) const { return static_cast<T>(a & b); }
};

template <class T>
struct Or {
  T operator()(T a, T b) const { return static_cast<T>(a | b); }
};

template <class T>
struct Xor {
  T operator()(T a, T b) const { return static_cast<T>(a ^ b); }
};

// Bytes that are not 0 are true: an array of bool may hold any.
template <class F>
struct OfTruths {
  std::uint8_t operator()(std::uint8_t a, std::uint8_t b) const { return F{}(a != 0, b != 0); }
};

template <class T>
struct ShiftLeft {
  T operator()(T a, T b) const {
    using Count = std::make_unsigned_t<T>;
    const bool all = static_cast<Count>(b) >= 8 * sizeof(T);
    return all ? T{0} : static_cast<T>(static_cast<WrappingOf<T>>(a) << b);
  }
};

template <class T>
struct ShiftRight {
  T operator()(T a, T b) const {
    using Count = std::make_unsigned_t<T>;
    const bool all = static_cast<Count>(b) >= 8 * sizeof(T);
    return all ? static_cast<T>(a < 0 ? -1 : 0) : static_cast<T>(a >> b);
  }
};

template <class T>
BinaryLoop bitwise_loop(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kBitwiseAnd:
      return binary_loop<T, T, T, And<T>>;
    case BinaryKind::kBitwiseOr:
      return binary_loop<T, T, T, Or<T>>;
    case BinaryKind::kBitwiseXor:
      return binary_loop<T, T, T, Xor<T>>;
    case BinaryKind::kShiftLeft:
      return binary_loop<T, T, T, ShiftLeft<T>>;
    case BinaryKind::kShiftRight:
      return binary_loop<T, T, T, ShiftRight<T>>;
    default:
      return nullptr;
  }
}

BinaryLoop truth_loop(BinaryKind kind) {
  using T = std::uint8_t;
  switch (kind) {
    case BinaryKind::kAnd:
      return binary_loop<T, T, T, OfTruths<And<T>>>;
    case BinaryKind::kOr:
      return binary_loop<T, T, T, OfTruths<Or<T>>>;
    case BinaryKind::kXor:
      return binary_loop<T, T, T, OfTruths<Xor<T>>>;
    default:
      return nullptr;
  }
}

}  // namespace

BinaryLoop logic_loop(BinaryKind kind, DType dtype) {
  if (dtype == DType::kBool) return truth_loop(kind);
  return visit_dtype(dtype, [&](auto tag) -> BinaryLoop {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsInteger<T>) {
      return bitwise_loop<T>(kind);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
