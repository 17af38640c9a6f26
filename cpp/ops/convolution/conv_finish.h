// What becomes of a convolution's sums while they are in cache:
//
//   y = activation(sums + residual) * post_scale + post_shift
//
// with post_scale and post_shift by channel. The residual's addition rounds, and the last step, a
// fused multiply-add, rounds once. What is absent is left out.
#pragma once

#include <cstddef>

#include "kernels/activation/activation.h"
#include "kernels/binary/binary.h"
#include "kernels/normalize/normalize.h"

namespace fourfold {

struct ConvFinish {
  Activation activation = Activation::identity;
  float alpha = 0.0f;
  const float* residual = nullptr;    // lies as y does, or null
  const float* post_scale = nullptr;  // by channel of y, both or neither
  const float* post_shift = nullptr;

  bool does_nothing() const {
    return activation == Activation::identity && residual == nullptr && post_scale == nullptr;
  }
};

// Sums of rows x columns. y may be sums.
struct ConvTile {
  const float* sums;
  std::size_t sums_stride;
  const float* residual;  // of these sums, or null
  std::size_t residual_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
  std::size_t channel;  // of y, the tile's first
};

// ConvFinish on the kernels of one ISA.
class ConvFinisher {
 public:
  ConvFinisher(const ConvFinish& finish, Isa isa)
      : finish_(finish),
        add_(binary_kernels(isa).of(Binary::add)),
        activate_(activation_function(activation_kernels(isa), finish.activation)),
        normalize_(normalize_kernels(isa)) {}

  // Of tiles whose rows are channels, and of those whose columns are.
  void rows_of_channels(const ConvTile& tile) const;
  void columns_of_channels(const ConvTile& tile) const;

 private:
  void activate(const ConvTile& tile) const;
  AffineBlock affine(const ConvTile& tile) const;

  const ConvFinish& finish_;
  const BinaryFunction add_;
  const ActivationFunction activate_;
  const NormalizeKernels& normalize_;
};

}  // namespace fourfold
