// activation: elementwise activations and the softmax family, float32 to float32.
//
// Only add, mul, fma, div, round-to-even and integer operations, one polynomial and one order for
// every ISA: the same bits everywhere. NaN in gives NaN out. -0.0 counts as not below zero: relu,
// leaky_relu and elu give it back.
//
// elementwise           y[i] = f(x[i]). y may be x; otherwise they do not overlap. alpha is read
//                       by leaky_relu, elu and hard_sigmoid.
// softmax, log_softmax  along each row of `columns` >= 1 values, the row's maximum taken off first.
//                       Sums run over 32 virtual lanes (lane l sums elements l, l + 32, ...),
//                       folded 16, 8, 4, 2, 1. A NaN, or a maximum of +Inf, makes the whole row
//                       NaN; so does a row of -Inf only.
//
// Bounds on the error against float64, found over half of all floats (what is not listed only
// rounds):
//
//   elu          relative 1e-7 of alpha (e^x - 1)
//   gelu         x >= 0: relative 4e-7; x < 0: absolute 2.7e-7, and 0 below -5.5
//   gelu_tanh    x >= 0: relative 1.6e-7; x < 0: absolute 6e-8, and -0.0 from -16 down
//   silu         x >= -87: relative 2e-7; -0.0 below -88.4
//   tanh         relative 2e-7
//   sigmoid      x >= -87: relative 1.6e-7; 0 below -88.4
//   softmax      relative 6e-7 + 6e-8 (maximum - x), up to 4,096 columns; 0 where that is over 87.7
//   log_softmax  absolute 5e-7 max(1, |y|), up to 4,096 columns
//
// Memory  Reads and writes nothing outside these shapes, any alignment.
#pragma once

#include <cstddef>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct ActivationBlock {
  const float* x;
  std::size_t x_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  float alpha;
};

using ActivationFunction = void (*)(const ActivationBlock&);

// Every activation works on a block of rows, so that the elementwise ones and the softmax family
// share one signature.
struct ActivationKernels {
  Isa isa;
#define FOURFOLD_ACTIVATION(name) ActivationFunction name;
#include "kernels/activation/activations.inc"
#undef FOURFOLD_ACTIVATION
};

#define FOURFOLD_KERNELS(name) extern const ActivationKernels name;
#include "kernels/activation/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const ActivationKernels* kActivationList[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/activation/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const ActivationKernels& activation_kernels(Isa active) {
  return first_runnable(kActivationList, active);
}

// The same functions by number and by name: Activation::relu, kActivationNames[...] == "relu".
enum class Activation {
#define FOURFOLD_ACTIVATION(name) name,
#include "kernels/activation/activations.inc"
#undef FOURFOLD_ACTIVATION
};

inline constexpr const char* kActivationNames[] = {
#define FOURFOLD_ACTIVATION(name) #name,
#include "kernels/activation/activations.inc"
#undef FOURFOLD_ACTIVATION
};

inline constexpr std::size_t kActivationCount =
    sizeof(kActivationNames) / sizeof(kActivationNames[0]);

constexpr bool is_elementwise(Activation kind) {
  return kind != Activation::softmax && kind != Activation::log_softmax;
}

inline ActivationFunction activation_function(const ActivationKernels& kernels, Activation kind) {
  switch (kind) {
#define FOURFOLD_ACTIVATION(name) \
  case Activation::name:          \
    return kernels.name;
#include "kernels/activation/activations.inc"
#undef FOURFOLD_ACTIVATION
  }
  return kernels.identity;
}

}  // namespace fourfold
