// Trigonometric functions and their inverses; in_float64.h says how exact.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/unroll.h"
#include "kernels/math/in_float64.h"

namespace fourfold {
namespace in_float64 {
namespace {

constexpr double kHalfPi = 0x1.921fb54442d18p+0;

// x = n pi / 2 + r with |r| <= pi / 4; n modulo 4.
struct Angle {
  unsigned n;
  double r;
};

// |x| < 2^17: the first part of pi / 2 has 33 bits, so that n times it is exact.
Angle reduce_small(double x) {
  constexpr double kShift = 0x1.8p52;  // rounds to an integer, ties to even
  const double n = (x * 0x1.45f306dc9c883p-1 + kShift) - kShift;
  const double r = (x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
  return {static_cast<unsigned>(static_cast<std::int32_t>(n)) & 3u, r};
}

// 32 zero bits, then the bits of 2 / pi.
constexpr std::uint32_t kTwoOverPi[] = {0x00000000, 0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0,
                                        0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561, 0xB7246E3A};

std::uint32_t bits_of_two_over_pi(unsigned first) {
  const unsigned word = first / 32, shift = first % 32;
  const std::uint64_t two =
      static_cast<std::uint64_t>(kTwoOverPi[word]) << 32 | kTwoOverPi[word + 1];
  return static_cast<std::uint32_t>(two >> (32 - shift));
}

// |x| >= 2^17 (Payne and Hanek): x = m 2^e with an integer m, and of 2^e 2 / pi the 96 bits below
// weight 4 are enough. The bits above only count whole turns; those below are less than 2^-70.
Angle reduce_large(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint64_t m = (bits & 0x7fffff) | 0x800000;
  const unsigned e_plus_150 = bits >> 23 & 0xff;
  const unsigned first = 32 + e_plus_150 - 150 - 2;  // of weight 2
  const std::uint64_t low = m * bits_of_two_over_pi(first + 64);
  const std::uint64_t middle = m * bits_of_two_over_pi(first + 32) + (low >> 32);
  const std::uint64_t high = m * bits_of_two_over_pi(first) + (middle >> 32);
  const std::uint64_t turns = high << 32 | (middle & 0xffffffff);  // of 2^64: one turn
  const std::uint64_t n = (turns + (std::uint64_t{1} << 61)) >> 62;
  const auto fraction = static_cast<double>(static_cast<std::int64_t>(turns - (n << 62)));
  const double r = fraction * (kHalfPi * 0x1p-62);
  const auto quarter = static_cast<unsigned>(n);
  return x < 0 ? Angle{(0u - quarter) & 3u, -r} : Angle{quarter & 3u, r};
}

Angle reduce(float x) {
  const float magnitude = std::fabs(x);
  if (!(magnitude < HUGE_VALF)) return {0, std::nan("")};
  return magnitude < 0x1p17f ? reduce_small(x) : reduce_large(x);
}

// Taylor series: on [-pi / 4, pi / 4] the first term left out is below 3e-14.
double sine(double r) {
  const double square = r * r;
  double sum = 1.0;
  FOURFOLD_UNROLL
  for (int k = 12; k >= 2; k -= 2)
    sum = 1.0 - square * sum * (1.0 / (k * (k + 1)));
  return r * sum;
}

double cosine(double r) {
  const double square = r * r;
  double sum = 1.0;
  FOURFOLD_UNROLL
  for (int k = 13; k >= 1; k -= 2)
    sum = 1.0 - square * sum * (1.0 / (k * (k + 1)));
  return sum;
}

double sine_of(Angle angle) {
  const double value = angle.n & 1 ? cosine(angle.r) : sine(angle.r);
  return angle.n & 2 ? -value : value;
}

// Taylor series for |z| <= tan(pi / 8); the first term left out is below 5e-14 of the sum.
double arc_tangent_near_0(double z) {
  const double square = z * z;
  double sum = 0.0;
  FOURFOLD_UNROLL
  for (int k = 31; k >= 1; k -= 2)
    sum = 1.0 / k - square * sum;
  return z * sum;
}

// x >= 0, or NaN; +Inf gives pi / 2.
double arc_tangent(double x) {
  constexpr double kTanPi8 = 0x1.a827999fcef34p-2;
  if (x > 1.0 / kTanPi8) return kHalfPi - arc_tangent_near_0(1.0 / x);
  if (x > kTanPi8) return kHalfPi / 2 + arc_tangent_near_0((x - 1.0) / (x + 1.0));
  return arc_tangent_near_0(x);
}

}  // namespace

float sin(float x) {
  return x == 0.0f ? x : static_cast<float>(sine_of(reduce(x)));
}

float cos(float x) {
  const Angle angle = reduce(x);
  return static_cast<float>(sine_of({angle.n + 1, angle.r}));
}

float tan(float x) {
  if (x == 0.0f) return x;
  const Angle angle = reduce(x);
  return static_cast<float>(sine_of(angle) / sine_of({angle.n + 1, angle.r}));
}

float atan(float x) {
  return std::copysign(static_cast<float>(arc_tangent(std::fabs(x))), x);
}

// 1 - x and 1 + x are exact: nothing is lost near the ends.
float asin(float x) {
  const double a = std::fabs(x);
  return std::copysign(static_cast<float>(arc_tangent(a / std::sqrt((1.0 - a) * (1.0 + a)))), x);
}

float acos(float x) {
  const double a = x;
  return static_cast<float>(2.0 * arc_tangent(std::sqrt((1.0 - a) / (1.0 + a))));
}

}  // namespace in_float64
}  // namespace fourfold
