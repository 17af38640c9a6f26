// An INT8 convolution's settings and constants, as conv_s8 is given them, and checked.
#pragma once

#include "matmul/linear_s8.h"
#include "ops/convolution/window.h"
#include "ops/op.h"

namespace fourfold {

struct ConvS8Layer {
  WindowAttributes window;
  std::size_t axes;  // spatial
  std::size_t groups;
  std::size_t channels;       // of x in one group
  std::size_t filters;        // of y in one group
  std::size_t depth;          // points of the window times channels
  const std::int8_t* weight;  // [groups, filters / 16, depth / 4, 16, 4], filled up to 16 and to 4
  const float* column_scales;
  const float* bias;
  ColumnAffine post;
  Activation activation;
  float alpha;
  bool adds;  // a residual
  float input_scale;
  float residual_scale;  // 0: the residual is float32
  float output_scale;    // 0: the output is float32
  S8Range output_range;

  std::size_t all_channels() const { return groups * channels; }
  std::size_t all_filters() const { return groups * filters; }
  OutputForm form() const { return output_scale == 0.0f ? OutputForm::kF32 : OutputForm::kFixedS8; }

  // What the driver reads is filled up to padded_depth (packed_weights.h). Stored that would double
  // the layers of few channels, so it is what is made of the weight, where the two differ.
  bool has_whole_depth() const;
  std::size_t whole_weight_bytes() const;
  void fill_depth(std::int8_t* whole) const;

  // One group as a product with the rows of its windows. whole: the weight of all groups, filled up;
  // column_sums: of all groups, or null.
  LinearS8 group(std::size_t index, const std::int8_t* whole,
                 const std::int32_t* column_sums) const;

  // Refuses x, and a residual, that the layer does not take.
  TensorType output_type(const Tensor* inputs) const;

  // float32 x by input_scale.
  void quantize(const Tensor& x, std::int8_t* q, const Execution& execution) const;

  // Of what the spatial axes of x are.
  Window window_over(const Shape& x) const;
};

// Places of the inputs.
struct ConvS8Inputs {
  enum : std::size_t { kX, kWeight, kColumnScales, kBias, kResidual, kPostScale, kPostShift };
};

ConvS8Layer conv_s8_layer(const OpRequest& request);

// The same of depthwise_s8: each channel is a group, with one filter. Its weight is int8 [points / 4,
// channels, 4], points and channels padded to 4 and 16 with zeros; column_scales and bias [channels].
ConvS8Layer depthwise_s8_layer(const OpRequest& request);

}  // namespace fourfold
