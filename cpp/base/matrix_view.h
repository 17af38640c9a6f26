// A row-major matrix that someone else owns.
#pragma once

#include <cstddef>

namespace fourfold {

template <class T>
struct MatrixView {
  T* data;
  std::size_t rows;
  std::size_t columns;
  std::size_t stride;  // elements from one row to the next

  T* row(std::size_t r) const { return data + r * stride; }
};

}  // namespace fourfold
