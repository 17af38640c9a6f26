// The functions of unary on float32 and float64.
//
// As C99 has them for zeros, infinities, poles and arguments outside the domain. Where the field's
// formula is Inf / Inf or 0 * Inf, the limit: softsign of +-Inf is +-1, mish of -Inf is -0.0.
#include <cmath>

#include "ops/elementwise/numbers.h"
#include "ops/elementwise/unary_loops.h"

namespace fourfold {
namespace {

#define FOURFOLD_FUNCTION(Name, expression)        \
  template <class T>                               \
  struct Name {                                    \
    T operator()(T x) const { return expression; } \
  };
FOURFOLD_FUNCTION(Abs, std::fabs(x))
FOURFOLD_FUNCTION(Neg, -x)
FOURFOLD_FUNCTION(Floor, std::floor(x))
FOURFOLD_FUNCTION(Ceil, std::ceil(x))
FOURFOLD_FUNCTION(Round, std::nearbyint(x))
FOURFOLD_FUNCTION(Reciprocal, T{1} / x)
FOURFOLD_FUNCTION(Sqrt, std::sqrt(x))
FOURFOLD_FUNCTION(Exp, std::exp(x))
FOURFOLD_FUNCTION(Log, std::log(x))
FOURFOLD_FUNCTION(Erf, std::erf(x))
FOURFOLD_FUNCTION(Sin, std::sin(x))
FOURFOLD_FUNCTION(Cos, std::cos(x))
FOURFOLD_FUNCTION(Tan, std::tan(x))
FOURFOLD_FUNCTION(Asin, std::asin(x))
FOURFOLD_FUNCTION(Acos, std::acos(x))
FOURFOLD_FUNCTION(Atan, std::atan(x))
FOURFOLD_FUNCTION(Sinh, std::sinh(x))
FOURFOLD_FUNCTION(Cosh, std::cosh(x))
FOURFOLD_FUNCTION(Asinh, std::asinh(x))
FOURFOLD_FUNCTION(Acosh, std::acosh(x))
FOURFOLD_FUNCTION(Atanh, std::atanh(x))
FOURFOLD_FUNCTION(Tanh, std::tanh(x))
FOURFOLD_FUNCTION(Sigmoid, T{1} / (T{1} + std::exp(-x)))
FOURFOLD_FUNCTION(Relu, x < 0 ? T{0} : x)
#undef FOURFOLD_FUNCTION

// 0 for both zeros, NaN for NaN.
template <class T>
struct Sign {
  T operator()(T x) const { return x != x ? x : static_cast<T>((x > 0) - (x < 0)); }
};

// log(1 + e^x), in which nothing cancels and nothing overflows.
template <class T>
struct Softplus {
  T operator()(T x) const {
    const T tail = std::log1p(std::exp(-std::fabs(x)));
    return (x < 0 ? T{0} : x) + tail;
  }
};

template <class T>
struct Softsign {
  T operator()(T x) const {
    return std::isinf(x) ? std::copysign(T{1}, x) : x / (T{1} + std::fabs(x));
  }
};

template <class T>
struct Mish {
  T operator()(T x) const {
    return std::isinf(x) && x < 0 ? T{-0.0} : x * std::tanh(Softplus<T>{}(x));
  }
};

template <class T>
struct IsNan {
  bool operator()(T x) const { return x != x; }
};

template <class T>
struct IsNegativeInfinity {
  bool operator()(T x) const { return x < std::numeric_limits<T>::lowest(); }
};

template <class T>
struct IsPositiveInfinity {
  bool operator()(T x) const { return x > std::numeric_limits<T>::max(); }
};

template <class T>
struct IsInfinity {
  bool operator()(T x) const { return std::fabs(x) > std::numeric_limits<T>::max(); }
};

template <class T>
struct IsNothing {
  bool operator()(T) const { return false; }
};

template <class T>
UnaryLoop loop_of(UnaryKind kind) {
  switch (kind) {
#define FOURFOLD_CASE(Name) \
  case UnaryKind::k##Name:  \
    return unary_loop<T, T, Name<T>>;
    FOURFOLD_CASE(Abs)
    FOURFOLD_CASE(Neg)
    FOURFOLD_CASE(Sign)
    FOURFOLD_CASE(Floor)
    FOURFOLD_CASE(Ceil)
    FOURFOLD_CASE(Round)
    FOURFOLD_CASE(Reciprocal)
    FOURFOLD_CASE(Sqrt)
    FOURFOLD_CASE(Exp)
    FOURFOLD_CASE(Log)
    FOURFOLD_CASE(Erf)
    FOURFOLD_CASE(Sin)
    FOURFOLD_CASE(Cos)
    FOURFOLD_CASE(Tan)
    FOURFOLD_CASE(Asin)
    FOURFOLD_CASE(Acos)
    FOURFOLD_CASE(Atan)
    FOURFOLD_CASE(Sinh)
    FOURFOLD_CASE(Cosh)
    FOURFOLD_CASE(Asinh)
    FOURFOLD_CASE(Acosh)
    FOURFOLD_CASE(Atanh)
    FOURFOLD_CASE(Tanh)
    FOURFOLD_CASE(Sigmoid)
    FOURFOLD_CASE(Relu)
    FOURFOLD_CASE(Softplus)
    FOURFOLD_CASE(Softsign)
    FOURFOLD_CASE(Mish)
#undef FOURFOLD_CASE
    default:
      return nullptr;
  }
}

template <class T>
UnaryLoop infinity_test_of(bool negative, bool positive) {
  if (negative && positive) return unary_loop<T, bool, IsInfinity<T>>;
  if (negative) return unary_loop<T, bool, IsNegativeInfinity<T>>;
  return positive ? unary_loop<T, bool, IsPositiveInfinity<T>> : unary_loop<T, bool, IsNothing<T>>;
}

}  // namespace

UnaryLoop float_function(UnaryKind kind, DType dtype) {
  if (dtype == DType::kF32) return loop_of<float>(kind);
  return dtype == DType::kF64 ? loop_of<double>(kind) : nullptr;
}

UnaryLoop infinity_test(DType dtype, bool negative, bool positive) {
  if (dtype == DType::kF32) return infinity_test_of<float>(negative, positive);
  return dtype == DType::kF64 ? infinity_test_of<double>(negative, positive) : nullptr;
}

UnaryLoop nan_test(DType dtype) {
  if (dtype == DType::kF32) return unary_loop<float, bool, IsNan<float>>;
  return dtype == DType::kF64 ? unary_loop<double, bool, IsNan<double>> : nullptr;
}

}  // namespace fourfold
