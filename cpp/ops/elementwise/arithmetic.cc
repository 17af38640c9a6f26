// The arithmetic kinds of binary, for every integer type and float64. float32 has kernels, but for
// the remainders.
//
// Integers wrap around. x / 0 and x mod 0 are 0, as in NumPy: nothing traps.
#include <cmath>

#include "ops/elementwise/binary_loops.h"
#include "ops/elementwise/numbers.h"

namespace fourfold {
namespace {

template <class T>
struct Add {
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<WrappingOf<T>>(a) + static_cast<WrappingOf<T>>(b));
  }
};

template <class T>
struct Sub {
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<WrappingOf<T>>(a) - static_cast<WrappingOf<T>>(b));
  }
};

template <class T>
struct Mul {
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<WrappingOf<T>>(a) * static_cast<WrappingOf<T>>(b));
  }
};

// The one signed quotient out of range, the lowest number by -1, traps on x86.
template <class T>
bool divides_by_minus_one(T b) {
  return std::is_signed_v<T> && b == static_cast<T>(-1);
}

template <class T>
struct Div {
  T operator()(T a, T b) const {
    if constexpr (kIsFloat<T>) {
      return a / b;
    } else {
      if (b == 0) return 0;
      return divides_by_minus_one(b) ? Sub<T>{}(0, a) : static_cast<T>(a / b);
    }
  }
};

template <class T>
struct Max {
  T operator()(T a, T b) const { return max_or_nan(a, b); }
};

template <class T>
struct Min {
  T operator()(T a, T b) const { return min_or_nan(a, b); }
};

// The remainder with the sign of the dividend.
template <class T>
struct Fmod {
  T operator()(T a, T b) const {
    if constexpr (kIsFloat<T>) {
      return std::fmod(a, b);
    } else {
      return b == 0 || divides_by_minus_one(b) ? T{0} : static_cast<T>(a % b);
    }
  }
};

// The remainder with the sign of the divisor; of a float, a zero has that sign too.
template <class T>
struct Mod {
  T operator()(T a, T b) const {
    const T remainder = Fmod<T>{}(a, b);
    if constexpr (kIsFloat<T>) {
      if (remainder == 0 && b != 0) return std::copysign(T{0}, b);
    }
    const bool differ = remainder != 0 && (remainder < 0) != (b < 0);
    return differ ? static_cast<T>(remainder + b) : remainder;
  }
};

template <class T>
struct Prelu {
  T operator()(T a, T b) const { return a < 0 ? Mul<T>{}(b, a) : a; }
};

template <class T>
BinaryLoop remainder_loop(BinaryKind kind) {
  if (kind == BinaryKind::kMod) return binary_loop<T, T, T, Mod<T>>;
  return kind == BinaryKind::kFmod ? binary_loop<T, T, T, Fmod<T>> : nullptr;
}

template <class T>
BinaryLoop loop_of(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::kAdd:
      return binary_loop<T, T, T, Add<T>>;
    case BinaryKind::kSub:
      return binary_loop<T, T, T, Sub<T>>;
    case BinaryKind::kMul:
      return binary_loop<T, T, T, Mul<T>>;
    case BinaryKind::kDiv:
      return binary_loop<T, T, T, Div<T>>;
    case BinaryKind::kMax:
      return binary_loop<T, T, T, Max<T>>;
    case BinaryKind::kMin:
      return binary_loop<T, T, T, Min<T>>;
    case BinaryKind::kPrelu:
      return binary_loop<T, T, T, Prelu<T>>;
    default:
      return remainder_loop<T>(kind);
  }
}

}  // namespace

BinaryLoop arithmetic_loop(BinaryKind kind, DType dtype) {
  return visit_dtype(dtype, [&](auto tag) -> BinaryLoop {
    using T = typename decltype(tag)::Type;
    if constexpr (std::is_same_v<T, float>) {
      return remainder_loop<T>(kind);
    } else if constexpr (kIsNumber<T>) {
      return loop_of<T>(kind);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
