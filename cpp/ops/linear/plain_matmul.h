// A matrix product by plain loops, for element types that no kernel multiplies. Sums run along the
// depth, from 0. Integers wrap around.
#pragma once

#include <algorithm>
#include <type_traits>

#include "base/matrix_view.h"
#include "ops/dtype.h"
#include "ops/share_out.h"

namespace fourfold {

// y = a @ b. T: float64, or an unsigned integer for both signs.
template <class T>
void plain_matmul(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> y,
                  const Execution& execution) {
  share_out(a.rows, a.columns * b.columns, execution, [&](Range rows) {
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      T* sums = y.row(r);
      std::fill_n(sums, y.columns, T{0});
      for (std::size_t d = 0; d < a.columns; ++d) {
        const T factor = a.row(r)[d];
        const T* b_row = b.row(d);
        for (std::size_t c = 0; c < y.columns; ++c)
          sums[c] += factor * b_row[c];
      }
    }
  });
}

// Calls visit(DTypeTag<T>{}) with the T that plain_matmul takes for this type; false if there is none.
template <class Visit>
bool visit_plain_product(DType dtype, const Visit& visit) {
  switch (dtype) {
    case DType::kF64:
      visit(DTypeTag<double>{});
      return true;
    case DType::kS32:
    case DType::kU32:
      visit(DTypeTag<std::uint32_t>{});
      return true;
    case DType::kS64:
    case DType::kU64:
      visit(DTypeTag<std::uint64_t>{});
      return true;
    default:
      return false;
  }
}

inline bool is_multiplied(DType dtype) {
  return dtype == DType::kF32 || visit_plain_product(dtype, [](auto) {});
}

}  // namespace fourfold
