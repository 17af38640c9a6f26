// NumPy's matmul: which matrices of two tensors are multiplied.
#pragma once

#include <cstddef>

#include "ops/tensor.h"

namespace fourfold {

// a [..., rows, depth] @ b [..., depth, columns]: the axes in front broadcast. A vector a is one row,
// a vector b one column, and the output lacks that axis.
class ProductShape {
 public:
  // Throws std::invalid_argument where the shapes do not fit each other.
  ProductShape(const Shape& a, const Shape& b);

  std::size_t rows;
  std::size_t depth;
  std::size_t columns;

  const Shape& output() const { return output_; }

  std::size_t batches() const { return batches_; }  // pairs of matrices
  std::size_t a_matrix(std::size_t batch) const { return matrix(batch, a_strides_); }
  std::size_t b_matrix(std::size_t batch) const { return matrix(batch, b_strides_); }

 private:
  // Strides are in matrices; 0 for an axis that broadcasts.
  using Strides = std::array<std::size_t, kMaxRank>;

  void broadcast(const Shape& a, const Shape& b);
  void fold_batches_into_rows();
  std::size_t matrix(std::size_t batch, const Strides& strides) const;

  Shape output_;
  Shape batch_shape_;
  std::size_t batches_ = 1;
  Strides a_strides_{};
  Strides b_strides_{};
};

}  // namespace fourfold
