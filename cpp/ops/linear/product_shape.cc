#include "ops/linear/product_shape.h"

#include <algorithm>

#include "base/check.h"

namespace fourfold {
namespace {

std::size_t size_at(const Shape& shape, std::size_t axis) {
  return static_cast<std::size_t>(shape[axis]);
}

// The size of axis `i` of `rank` batch axes; the shape's own are aligned at the end.
std::int64_t batch_size(const Shape& shape, std::size_t own, std::size_t i, std::size_t rank) {
  return i + own < rank ? 1 : shape[i + own - rank];
}

}  // namespace

ProductShape::ProductShape(const Shape& a, const Shape& b) {
  const std::size_t a_rank = a.rank(), b_rank = b.rank();
  if (a_rank == 0) refuse_value("a: expected at least 1 dimension, received shape ()");
  if (b_rank == 0) refuse_value("b: expected at least 1 dimension, received shape ()");
  rows = a_rank == 1 ? 1 : size_at(a, a_rank - 2);
  depth = size_at(a, a_rank - 1);
  columns = b_rank == 1 ? 1 : size_at(b, b_rank - 1);
  if (size_at(b, b_rank == 1 ? 0 : b_rank - 2) != depth) {
    refuse_value("b: expected ", depth, " rows as a ", shape_text(a),
                 " has columns, received shape ", shape_text(b));
  }
  broadcast(a, b);
  output_ = batch_shape_;
  if (a_rank > 1) output_.append(static_cast<std::int64_t>(rows));
  if (b_rank > 1) output_.append(static_cast<std::int64_t>(columns));
  fold_batches_into_rows();
}

void ProductShape::broadcast(const Shape& a, const Shape& b) {
  const std::size_t a_own = a.rank() < 2 ? 0 : a.rank() - 2,
                    b_own = b.rank() < 2 ? 0 : b.rank() - 2;
  const std::size_t rank = std::max(a_own, b_own);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t of_a = batch_size(a, a_own, i, rank), of_b = batch_size(b, b_own, i, rank);
    if (of_a != of_b && of_a != 1 && of_b != 1) {
      refuse_value("b: expected a shape that broadcasts with a ", shape_text(a), ", received ",
                   shape_text(b));
    }
    batch_shape_.append(of_a == 1 ? of_b : of_a);
  }
  batches_ = element_count(batch_shape_);
  std::size_t a_stride = 1, b_stride = 1;
  for (std::size_t i = rank; i-- > 0;) {
    const std::int64_t of_a = batch_size(a, a_own, i, rank), of_b = batch_size(b, b_own, i, rank);
    a_strides_[i] = of_a == 1 ? 0 : a_stride;
    b_strides_[i] = of_b == 1 ? 0 : b_stride;
    a_stride *= static_cast<std::size_t>(of_a);
    b_stride *= static_cast<std::size_t>(of_b);
  }
}

// One matrix b, and of a as many as there are batches: they are one matrix.
void ProductShape::fold_batches_into_rows() {
  std::size_t a_stride = 1;
  for (std::size_t i = batch_shape_.rank(); i-- > 0;) {
    if (batch_shape_[i] != 1 && (b_strides_[i] != 0 || a_strides_[i] != a_stride)) return;
    a_stride *= size_at(batch_shape_, i);
  }
  rows *= batches_;
  batches_ = 1;
  batch_shape_ = {};
}

std::size_t ProductShape::matrix(std::size_t batch, const Strides& strides) const {
  std::size_t number = 0;
  for (std::size_t axis = batch_shape_.rank(); axis-- > 0;) {
    number += batch % size_at(batch_shape_, axis) * strides[axis];
    batch /= size_at(batch_shape_, axis);
  }
  return number;
}

}  // namespace fourfold
