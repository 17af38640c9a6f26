// Powers and hyperbolic functions; in_float64.h says how exact.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/unroll.h"
#include "kernels/math/in_float64.h"

namespace fourfold {
namespace in_float64 {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// (e^r - 1) / r by the Taylor series, |r| <= ln 2 / 2: the first term left out is below 2e-14.
double growth_per_unit(double r) {
  constexpr double kInverseFactorials[] = {1.0,          1.0 / 2,       1.0 / 6,       1.0 / 24,
                                           1.0 / 120,    1.0 / 720,     1.0 / 5040,    1.0 / 40320,
                                           1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
  double sum = 0.0;
  FOURFOLD_UNROLL
  for (int k = 10; k >= 0; --k)
    sum = kInverseFactorials[k] + r * sum;
  return sum;
}

// e^x: 0 below -200 and +Inf above 200, which is far outside the floats; NaN stays.
double exponential(double x) {
  if (!(x <= 200.0)) return x > 200.0 ? kInfinity : x;
  if (x < -200.0) return 0.0;
  constexpr double kShift = 0x1.8p52;  // rounds to an integer, ties to even
  const double n = (x * (1.0 / kLn2) + kShift) - kShift;
  // ln 2 in two parts: n times the first, of 33 bits, is exact.
  const double r = (x - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  const std::int64_t bits = (static_cast<std::int64_t>(n) + 1023) * (std::int64_t{1} << 52);
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return (1.0 + r * growth_per_unit(r)) * power;
}

// e^x - 1, near 0 too.
double exponential_minus_1(double x) {
  return std::fabs(x) < kLn2 / 2 ? x * growth_per_unit(x) : exponential(x) - 1.0;
}

// log((1 + s) / (1 - s)) for |s| <= 0.172: the first term left out is below 1e-13 of the sum.
double log_of_ratio(double s) {
  const double square = s * s;
  double sum = 0.0;
  FOURFOLD_UNROLL
  for (int k = 15; k >= 1; k -= 2)
    sum = 1.0 / k + square * sum;
  return 2.0 * s * sum;
}

// x >= 0, and normal, 0 or +Inf; or NaN.
double logarithm(double x) {
  if (x == 0.0) return -kInfinity;
  if (!(x < kInfinity)) return x;
  std::int64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  constexpr std::int64_t kRootHalfBits = 0x3fe6a09e667f3bcd;
  const std::int64_t exponent = (bits - kRootHalfBits) >> 52;
  bits -= exponent * (std::int64_t{1} << 52);
  double m;
  std::memcpy(&m, &bits, sizeof m);
  return static_cast<double>(exponent) * kLn2 + log_of_ratio((m - 1.0) / (m + 1.0));
}

// log(1 + u) for u >= 0, near 0 too.
double logarithm_plus_1(double u) {
  return u < 0.4 ? log_of_ratio(u / (2.0 + u)) : logarithm(1.0 + u);
}

// Floats from 2^24 on are even.
bool is_odd(float y) {
  return std::fabs(y) < 0x1p24f && static_cast<float>(static_cast<std::int32_t>(y)) == y &&
         (static_cast<std::int32_t>(y) & 1) != 0;
}

bool is_integer(float y) {
  return std::fabs(y) >= 0x1p24f || static_cast<float>(static_cast<std::int32_t>(y)) == y;
}

}  // namespace

float sinh(float x) {
  const double grown = exponential_minus_1(std::fabs(x));
  if (grown == kInfinity) return std::copysign(std::numeric_limits<float>::infinity(), x);
  return std::copysign(static_cast<float>(0.5 * (grown + grown / (grown + 1.0))), x);
}

float cosh(float x) {
  const double power = exponential(std::fabs(x));
  return static_cast<float>(0.5 * (power + 1.0 / power));
}

float asinh(float x) {
  const double a = std::fabs(x);
  if (!(a < kInfinity)) return x;
  const double u = a + a * a / (1.0 + std::sqrt(a * a + 1.0));
  return std::copysign(static_cast<float>(logarithm_plus_1(u)), x);
}

float acosh(float x) {
  if (!(x >= 1.0f)) return std::numeric_limits<float>::quiet_NaN();
  const double above_1 = x - 1.0;
  return static_cast<float>(logarithm_plus_1(above_1 + std::sqrt(above_1 * (above_1 + 2.0))));
}

float atanh(float x) {
  const double a = std::fabs(x);
  if (!(a <= 1.0)) return std::numeric_limits<float>::quiet_NaN();
  return std::copysign(static_cast<float>(0.5 * logarithm_plus_1(2.0 * a / (1.0 - a))), x);
}

float pow(float x, float y) {
  if (y == 2.0f) return x * x;
  if (y == 3.0f) return x * x * x;
  if (y == 0.5f) return x == -HUGE_VALF ? HUGE_VALF : std::sqrt(x + 0.0f);
  if (y == 0.0f || x == 1.0f) return 1.0f;
  if (x != x || y != y) return x + y;
  if (x < 0.0f && x != -HUGE_VALF && !is_integer(y)) return std::numeric_limits<float>::quiet_NaN();
  const float magnitude = std::fabs(x);
  // log 1 times infinity would be NaN.
  const double power =
      magnitude == 1.0f ? 1.0 : exponential(static_cast<double>(y) * logarithm(magnitude));
  const float value = static_cast<float>(power);
  return std::signbit(x) && is_odd(y) ? -value : value;
}

}  // namespace in_float64
}  // namespace fourfold
