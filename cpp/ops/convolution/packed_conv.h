// Convolution of 8-bit integers as products of packed filters with windows of bytes, exact in int32,
// modulo 2^32, on the INT8 kernels. Filters that never change are packed once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/made_once.h"
#include "ops/convolution/conv_f32.h"
#include "ops/op.h"
#include "ops/quantization/packed_factor.h"

namespace fourfold {

// What is convolved. x [images, channels, ...] and w [filters, channels / groups, ...] are int8 or
// uint8. x_zero has one value, w_zero one or one for each filter; b is int32, one for each filter.
// Absent ones are 0.
struct IntegerConvInputs {
  const Tensor& x;
  const Tensor& x_zero;
  const Tensor& w;
  const Tensor& w_zero;
  const Tensor& b;
};

class PackedConv {
 public:
  // As known when the program is built.
  PackedConv(const OpInput& w, const OpInput& w_zero);

  // 0 where it is not for such a convolution.
  std::size_t scratch_bytes(const ConvShape& shape, const Execution& execution) const;

  // y: int32 [images, filters, ...]. False, and nothing done, if it is not for this convolution: w
  // changes from call to call, there are too few filters to a group for a product to pay, or the
  // filters hold bytes or zeros that windows would have to be summed for.
  bool run(const ConvShape& shape, const IntegerConvInputs& inputs, std::byte* scratch,
           std::int32_t* y, const Execution& execution) const;

 private:
  // Of each group, [point][channel] x filters.
  using Groups = std::vector<std::unique_ptr<PackedFactor>>;

  bool fits(const ConvShape& shape) const;
  static std::unique_ptr<Groups> pack(const ConvShape& shape, const IntegerConvInputs& inputs);

  const bool constant_;
  const MadeOnce<Groups> groups_;  // empty: not to be used
};

}  // namespace fourfold
