// Ops on images or rows, [N, C, ...], with parameters for each channel.
#pragma once

#include <initializer_list>

#include "base/check.h"
#include "ops/checks.h"

namespace fourfold {

// inputs[0] is float32 [N, C, ...]; those behind it, of these names, are float32 [C].
inline void expect_channels(const Tensor* inputs, std::initializer_list<const char*> names) {
  const TensorType& x = inputs[0].type;
  if (x.dtype != DType::kF32 || x.shape.rank() < 2) {
    refuse_value("x: expected float32 of at least two dimensions, received ", type_text(x));
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    expect_type(names.begin()[i], inputs[i + 1].type, {DType::kF32, {x.shape[1]}});
}

}  // namespace fourfold
