// Products of matrices of 8-bit integers with zero points, exact in int32, modulo 2^32, of NumPy's
// matmul. A constant b is packed for the INT8 kernels, once; any other product is plain loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/made_once.h"
#include "ops/linear/product_shape.h"
#include "ops/op.h"
#include "ops/quantization/packed_factor.h"

namespace fourfold {

// a [..., M, K], b [..., K, N], each int8 or uint8; a_zero of a's type, one value or M; b_zero of b's
// type, one value or N; an absent one is 0.
struct IntegerFactors {
  const Tensor& a;
  const Tensor& a_zero;
  const Tensor& b;
  const Tensor& b_zero;

  // Sizes of one matrix, before any batches became rows.
  std::size_t rows() const { return a.rank() == 1 ? 1 : a.size(a.rank() - 2); }
  std::size_t columns() const { return b.rank() == 1 ? 1 : b.size(b.rank() - 1); }
};

// Takes the finished product in pieces of a row.
class IntegerRows {
 public:
  IntegerRows() = default;
  virtual ~IntegerRows() = default;
  IntegerRows(const IntegerRows&) = delete;
  IntegerRows& operator=(const IntegerRows&) = delete;

  // These columns of a row, counted over all matrices of the output: sums[0] is of columns.begin.
  // Called from several threads at once, for each element once.
  virtual void take(std::size_t row, Range columns, const std::int32_t* sums) const = 0;
};

class IntegerProduct {
 public:
  // As known when the program is built.
  IntegerProduct(const OpInput& b, const OpInput& b_zero);

  // The output's shape. Throws std::invalid_argument if the factors are not as above.
  Shape infer(const IntegerFactors& factors) const;

  std::size_t scratch_bytes(const IntegerFactors& factors, const Execution& execution) const;
  void run(const IntegerFactors& factors, const IntegerRows& rows, std::byte* scratch,
           const Execution& execution) const;

 private:
  bool packs(const ProductShape& shape) const;

  const bool constant_;  // b and its zero, and b is one matrix
  const MadeOnce<PackedFactor> packed_;
};

}  // namespace fourfold
