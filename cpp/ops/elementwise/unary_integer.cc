// The functions of unary on integers, which wrap around (abs and neg of the lowest number are that
// number), and on bool.
#include "ops/elementwise/numbers.h"
#include "ops/elementwise/unary_loops.h"

namespace fourfold {
namespace {

template <class T>
struct Neg {
  T operator()(T x) const {
    return static_cast<T>(WrappingOf<T>{0} - static_cast<WrappingOf<T>>(x));
  }
};

template <class T>
struct Abs {
  T operator()(T x) const { return x < 0 ? Neg<T>{}(x) : x; }
};

template <class T>
struct Sign {
  T operator()(T x) const { return static_cast<T>((x > 0) - (x < 0)); }
};

template <class T>
struct Relu {
  T operator()(T x) const { return x < 0 ? T{0} : x; }
};

template <class T>
struct BitwiseNot {
  T operator()(T x) const { return static_cast<T>(~x); }
};

// Bytes that are not 0 are true: an array of bool may hold any.
struct Not {
  bool operator()(std::uint8_t x) const { return x == 0; }
};

template <class T>
UnaryLoop loop_of(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kAbs:
      return unary_loop<T, T, Abs<T>>;
    case UnaryKind::kNeg:
      return std::is_signed_v<T> ? unary_loop<T, T, Neg<T>> : nullptr;
    case UnaryKind::kSign:
      return unary_loop<T, T, Sign<T>>;
    case UnaryKind::kRelu:
      return unary_loop<T, T, Relu<T>>;
    case UnaryKind::kBitwiseNot:
      return unary_loop<T, T, BitwiseNot<T>>;
    default:
      return nullptr;
  }
}

}  // namespace

UnaryLoop integer_function(UnaryKind kind, DType dtype) {
  if (dtype == DType::kBool) {
    return kind == UnaryKind::kNot ? unary_loop<std::uint8_t, bool, Not> : nullptr;
  }
  return visit_dtype(dtype, [&](auto tag) -> UnaryLoop {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsInteger<T>) {
      return loop_of<T>(kind);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
