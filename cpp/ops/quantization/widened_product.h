// Products of matrices of small integers that are known only when they are multiplied: plain loops.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/quantization/integer_product.h"

namespace fourfold {

// One stack of matrices a, one of b, in int16 without their zero points: in [-255, 255].
//
//   a[r][d] = x[r][d] - zero[r]        rows x depth
//   b[n][d] = x[d][n] - zero[n]        columns x depth: x transposed
class WidenedProduct {
 public:
  // memory: bytes() of it.
  WidenedProduct(const IntegerFactors& factors, std::byte* memory);

  static std::size_t bytes(const IntegerFactors& factors);

  void run(const IntegerRows& rows, const Execution& execution) const;

 private:
  const ProductShape shape_;
  std::int16_t* a_;
  std::int16_t* b_;
};

}  // namespace fourfold
