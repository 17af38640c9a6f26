// The families of workloads. A new one is a file here, a line below and one in CMakeLists.txt.
#pragma once

#include "bench.h"

namespace fourfold {

void measure_limits(const Bench& bench);
void measure_gemm(const Bench& bench);
void measure_gemv(const Bench& bench);
void measure_linear(const Bench& bench);
void measure_conv(const Bench& bench);
void measure_quantize(const Bench& bench);
void measure_activation(const Bench& bench);
void measure_unary(const Bench& bench);
void measure_normalize(const Bench& bench);
void measure_reduce(const Bench& bench);

struct Family {
  const char* name;
  void (*measure)(const Bench& bench);
};

inline constexpr Family kFamilies[] = {
    {"limits", measure_limits},         {"gemm", measure_gemm},   {"gemv", measure_gemv},
    {"linear", measure_linear},         {"conv", measure_conv},   {"quantize", measure_quantize},
    {"activation", measure_activation}, {"unary", measure_unary}, {"normalize", measure_normalize},
    {"reduce", measure_reduce},
};

}  // namespace fourfold
