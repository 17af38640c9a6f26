// The types of a convolution's inputs and output.
#pragma once

#include "ops/convolution/conv_f32.h"
#include "ops/convolution/transposed.h"
#include "ops/tensor.h"

namespace fourfold {

std::size_t groups_of(const Attributes& attributes);
ConvLayout layout_named(const std::string& name);  // "nchw" or "nhwc", of any number of axes

void expect_dtype(const char* name, const Tensor& tensor, DType dtype);

// What the shapes of x, w and, if present, b say; refuses those that do not fit each other. `inputs`
// are these three.
ConvShape conv_shape(const WindowAttributes& window, std::size_t groups, ConvLayout layout,
                     const Tensor* inputs);

// The same of a transposed convolution, whose w is [groups * channels, filters, ...]: the window is
// that of the convolution from y to x.
ConvShape transposed_shape(const TransposedAttributes& window, std::size_t groups,
                           const Tensor* inputs);

Shape output_shape(const ConvShape& shape, ConvLayout layout, std::size_t rank);

}  // namespace fourfold
