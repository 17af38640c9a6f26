// The activations of recurrent layers, under ONNX's names in lower case.
#pragma once

#include <cstddef>
#include <vector>

#include "base/matrix_view.h"
#include "isa/isa.h"
#include "ops/attributes.h"

namespace fourfold {

struct GateFunction {
  enum Kind {
    kSigmoid,
    kTanh,
    kRelu,
    kLeakyRelu,        // x < 0 ? alpha x : x
    kElu,              // x < 0 ? alpha (e^x - 1) : x
    kHardSigmoid,      // clamp(fma(x, alpha, beta), 0, 1)
    kSoftsign,         // x / (1 + |x|)
    kSoftplus,         // log(1 + e^x)
    kAffine,           // alpha x + beta
    kScaledTanh,       // alpha tanh(beta x)
    kThresholdedRelu,  // x < alpha ? 0 : x
  };
  Kind kind;
  float alpha;
  float beta;
};

// Those of the attributes activations, activation_alpha and activation_beta, or `otherwise` for each
// direction. The values of activation_alpha go, in order, to the functions that read alpha, those of
// activation_beta to those that read beta; when they run out, ONNX's defaults do.
std::vector<GateFunction> gate_functions(const Attributes& attributes,
                                         const std::vector<GateFunction::Kind>& otherwise,
                                         std::size_t directions);

// x = f(x), with the bits of kernels/activation and kernels/unary.
void apply(const GateFunction& function, MatrixView<float> x, Isa isa);

}  // namespace fourfold
