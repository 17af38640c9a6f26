// Tensors as the linear layers see them: the last axis is a row, all others together count rows.
#pragma once

#include "base/check.h"
#include "base/matrix_view.h"
#include "ops/packed_shapes.h"
#include "ops/tensor.h"

namespace fourfold {

// x has this element type, two axes or more, and rows of so many columns.
inline void expect_rows_of(const char* name, const TensorType& type, DType dtype,
                           std::size_t columns) {
  const bool fits = type.dtype == dtype && type.shape.rank() >= 2 &&
                    (type.shape.last() == signed_size(columns) || type.shape.last() == kAnySize);
  if (fits) return;
  refuse_value(name, ": expected ", dtype_name(dtype), " (..., ", columns, "), received ",
               type_text(type));
}

// The shape of as many rows of so many columns.
inline Shape rows_of(const Shape& shape, std::size_t columns) {
  Shape rows = shape;
  rows.set(shape.rank() - 1, signed_size(columns));
  return rows;
}

inline std::size_t row_count(const Tensor& tensor) {
  std::size_t rows = 1;
  for (std::size_t axis = 0; axis + 1 < tensor.rank(); ++axis)
    rows *= tensor.size(axis);
  return rows;
}

template <class T>
MatrixView<T> row_view(const Tensor& tensor) {
  const std::size_t columns = tensor.size(tensor.rank() - 1);
  return {static_cast<T*>(tensor.data), row_count(tensor), columns, columns};
}

}  // namespace fourfold
