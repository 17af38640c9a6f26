// The powers of binary, but of float32, which is a kernel. Of float64 C99's; of integers exact but
// for wrapping around.
//
// An integer to a negative power is its exact value without the fraction: 1, -1 or 0 (0 also for
// the pole at 0). To a power that is no whole number it is computed in float64, and truncated.
#include <cmath>

#include "ops/elementwise/binary_loops.h"
#include "ops/elementwise/numbers.h"

namespace fourfold {
namespace {

// Modulo 2^64, from which modulo any smaller power of two follows.
std::uint64_t whole_power(std::uint64_t base, std::uint64_t exponent) {
  std::uint64_t power = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) power *= base;
    base *= base;
  }
  return power;
}

std::uint64_t negative_power(std::int64_t base, std::int64_t exponent) {
  if (base == 1 || (base == -1 && exponent % 2 == 0)) return 1;
  return base == -1 ? ~std::uint64_t{0} : 0;
}

struct FloatPower {
  double operator()(double a, double b) const {
    if (b == 2) return a * a;
    return b == 3 ? a * a * a : std::pow(a, b);
  }
};

template <class T, class Exponent>
struct IntegerPower {
  T operator()(T a, Exponent b) const {
    if constexpr (kIsFloat<Exponent>) {
      const bool whole = std::fabs(b) < 0x1p63 && std::floor(b) == b;
      if (!whole) return truncate_to_integer<T>(std::pow(static_cast<double>(a), b));
      return IntegerPower<T, std::int64_t>{}(a, static_cast<std::int64_t>(b));
    } else if constexpr (std::is_signed_v<Exponent>) {
      if (b >= 0) return IntegerPower<T, std::uint64_t>{}(a, static_cast<std::uint64_t>(b));
      if (a > 1) return 0;  // of unsigned types what int64 cannot hold, too
      return static_cast<T>(negative_power(static_cast<std::int64_t>(a), b));
    } else {
      return static_cast<T>(whole_power(static_cast<std::uint64_t>(a), b));
    }
  }
};

template <class T>
BinaryLoop loop_of(DType exponent) {
  switch (exponent) {
    case DType::kS64:
      return binary_loop<T, std::int64_t, T, IntegerPower<T, std::int64_t>>;
    case DType::kU64:
      return binary_loop<T, std::uint64_t, T, IntegerPower<T, std::uint64_t>>;
    case DType::kF64:
      return binary_loop<T, double, T, IntegerPower<T, double>>;
    default:
      return nullptr;
  }
}

}  // namespace

BinaryLoop power_loop(DType base, DType exponent) {
  if (base == DType::kF64) return binary_loop<double, double, double, FloatPower>;
  return visit_dtype(base, [&](auto tag) -> BinaryLoop {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsInteger<T>) {
      return loop_of<T>(exponent);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
