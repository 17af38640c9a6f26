#include "ops/quantization/integer_product.h"

#include <algorithm>

namespace fourfold {
namespace {

// Terms, each up to 255 * 255, that an int32 holds the sum of.
constexpr std::size_t kExactDepth = 32768;

template <class T>
std::int16_t zero_of(const Tensor& zero, std::size_t index) {
  return zero.values<T>()[element_count(zero.shape()) == 1 ? 0 : index];
}

template <class T>
void widen_rows_of(const Tensor& zero, const T* x, MatrixView<std::int16_t> wide) {
  for (std::size_t r = 0; r < wide.rows; ++r, x += wide.columns) {
    const std::int16_t own = zero_of<T>(zero, r);
    for (std::size_t d = 0; d < wide.columns; ++d)
      wide.row(r)[d] = static_cast<std::int16_t>(x[d] - own);
  }
}

template <class T>
void widen_columns_of(const Tensor& zero, const T* x, MatrixView<std::int16_t> wide) {
  for (std::size_t n = 0; n < wide.rows; ++n) {
    const std::int16_t own = zero_of<T>(zero, n);
    for (std::size_t d = 0; d < wide.columns; ++d)
      wide.row(n)[d] = static_cast<std::int16_t>(x[d * wide.rows + n] - own);
  }
}

}  // namespace

void widen_rows(const Tensor& zero, const void* x, MatrixView<std::int16_t> wide) {
  if (zero.type.dtype == DType::kS8) {
    widen_rows_of(zero, static_cast<const std::int8_t*>(x), wide);
  } else {
    widen_rows_of(zero, static_cast<const std::uint8_t*>(x), wide);
  }
}

void widen_columns(const Tensor& zero, const void* x, MatrixView<std::int16_t> wide) {
  if (zero.type.dtype == DType::kS8) {
    widen_columns_of(zero, static_cast<const std::int8_t*>(x), wide);
  } else {
    widen_columns_of(zero, static_cast<const std::uint8_t*>(x), wide);
  }
}

std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::size_t depth) {
  std::uint32_t total = 0;
  for (std::size_t start = 0; start < depth; start += kExactDepth) {
    const std::size_t end = std::min(depth, start + kExactDepth);
    std::int32_t sum = 0;
    for (std::size_t d = start; d < end; ++d)
      sum += a[d] * b[d];
    total += static_cast<std::uint32_t>(sum);
  }
  return static_cast<std::int32_t>(total);
}

}  // namespace fourfold
