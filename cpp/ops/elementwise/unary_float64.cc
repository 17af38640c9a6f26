// The functions of unary on float64. Those on float32 are kernels.
//
// As C99 has them for zeros, infinities, poles and arguments outside the domain. Where the field's
// formula is Inf / Inf or 0 * Inf, the limit: softsign of +-Inf is +-1, mish of -Inf is -0.0.
#include <cmath>

#include "ops/elementwise/unary_loops.h"

namespace fourfold {
namespace {

#define FOURFOLD_FUNCTION(Name, expression)                  \
  struct Name {                                              \
    double operator()(double x) const { return expression; } \
  };
FOURFOLD_FUNCTION(Abs, std::fabs(x))
FOURFOLD_FUNCTION(Neg, -x)
FOURFOLD_FUNCTION(Floor, std::floor(x))
FOURFOLD_FUNCTION(Ceil, std::ceil(x))
FOURFOLD_FUNCTION(Round, std::nearbyint(x))
FOURFOLD_FUNCTION(Reciprocal, 1.0 / x)
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
FOURFOLD_FUNCTION(Sigmoid, 1.0 / (1.0 + std::exp(-x)))
FOURFOLD_FUNCTION(Relu, x < 0 ? 0.0 : x)
#undef FOURFOLD_FUNCTION

// 0 for both zeros, NaN for NaN.
struct Sign {
  double operator()(double x) const { return x != x ? x : static_cast<double>((x > 0) - (x < 0)); }
};

// log(1 + e^x), in which nothing cancels and nothing overflows.
struct Softplus {
  double operator()(double x) const {
    const double tail = std::log1p(std::exp(-std::fabs(x)));
    return (x < 0 ? 0.0 : x) + tail;
  }
};

struct Softsign {
  double operator()(double x) const {
    return std::isinf(x) ? std::copysign(1.0, x) : x / (1.0 + std::fabs(x));
  }
};

struct Mish {
  double operator()(double x) const {
    return std::isinf(x) && x < 0 ? -0.0 : x * std::tanh(Softplus{}(x));
  }
};

}  // namespace

UnaryLoop float64_function(UnaryKind kind) {
  switch (kind) {
#define FOURFOLD_CASE(Name) \
  case UnaryKind::k##Name:  \
    return unary_loop<double, double, Name>;
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

}  // namespace fourfold
