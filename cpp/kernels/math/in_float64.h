// float32 functions computed in float64 by baseline code, one element at a time: for what is too
// rare, or too hard, for the SIMD vocabulary. 10 to 30 ns each.
//
// Only add, mul, div and sqrt of IEEE 754, none of the C library's own functions: the same bits on
// every machine. In float64 all are within 1e-11, so that the result is the exact one rounded,
// except where that is next to a tie: errors below 0.501 ulp. Special values as in C99.
#pragma once

namespace fourfold {
namespace in_float64 {

float sin(float x);  // any x: 2 / pi has 288 bits here
float cos(float x);
float tan(float x);
float asin(float x);
float acos(float x);
float atan(float x);
float sinh(float x);
float cosh(float x);
float asinh(float x);
float acosh(float x);
float atanh(float x);

// As C99's pow, but y = 2 is x * x and y = 3 is x * x * x, each product rounded; y = 0.5 is the
// square root.
float pow(float x, float y);

}  // namespace in_float64
}  // namespace fourfold
