// An INT8 convolution's settings and constants, as conv_s8 is given them, and checked.
#pragma once

#include <memory>
#include <vector>

#include "matmul/linear_s8.h"
#include "ops/convolution/window.h"
#include "ops/op.h"
#include "ops/stored_s8.h"

namespace fourfold {

struct ConvS8Layer {
  WindowAttributes window;
  std::size_t axes;  // spatial
  std::size_t groups;
  std::size_t channels;  // of x in one group
  std::size_t filters;   // of y in one group
  std::size_t depth;     // points of the window times channels
  StoredS8 weight;       // a matrix for each group; depthwise_s8: points x channels, plain
  const float* column_scales;
  const float* bias;
  ColumnAffine post;
  std::shared_ptr<const std::vector<float>> no_shift;  // post's zeros, where only a scale is given
  Activation activation;
  float alpha;
  bool adds;  // a residual
  float input_scale;
  S8Range input_range;
  float residual_scale;  // 0: the residual is float32
  float output_scale;    // 0: the output is float32
  S8Range output_range;

  std::size_t all_channels() const { return groups * channels; }
  std::size_t all_filters() const { return groups * filters; }
  std::int8_t border() const { return static_cast<std::int8_t>(input_range.zero); }  // of x
  OutputForm form() const { return output_scale == 0.0f ? OutputForm::kF32 : OutputForm::kFixedS8; }

  // One group as a product with the rows of its windows. packed and column_sums: of the weight, or
  // null where it isn't run.
  LinearS8 group(std::size_t index, const std::int8_t* packed,
                 const std::int32_t* column_sums) const;

  // Refuses x, and a residual, that the layer does not take.
  TensorType output_type(const Tensor* inputs) const;

  // float32 x by input_scale and input_range.
  void quantize(const Tensor& x, std::int8_t* q, const Execution& execution) const;

  // Of what the spatial axes of x are.
  Window window_over(const Shape& x) const;
};

// Places of the inputs.
struct ConvS8Inputs {
  enum : std::size_t { kX, kWeight, kColumnScales, kBias, kResidual, kPostScale, kPostShift };
};

ConvS8Layer conv_s8_layer(const OpRequest& request);

// The same of depthwise_s8: each channel is a group, with one filter. Its weight is int8
// [points, channels]; column_scales and bias [channels].
ConvS8Layer depthwise_s8_layer(const OpRequest& request);

}  // namespace fourfold
