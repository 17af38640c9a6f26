#include "ops/quantization/widened_product.h"

#include <algorithm>

#include "base/matrix_view.h"
#include "ops/quantization/byte_values.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// Terms, each up to 255 * 255, that an int32 holds the sum of.
constexpr std::size_t kExactDepth = 32768;

constexpr std::size_t kTermsPerValue = 8;  // multiplied in the time of one elementwise operation
constexpr std::size_t kColumns = 256;      // handed on at once

template <class T>
void widen_rows(const Tensor& zero, const T* x, MatrixView<std::int16_t> wide) {
  for (std::size_t r = 0; r < wide.rows; ++r, x += wide.columns) {
    const std::int32_t own = byte_at(zero, r);
    for (std::size_t d = 0; d < wide.columns; ++d)
      wide.row(r)[d] = static_cast<std::int16_t>(x[d] - own);
  }
}

template <class T>
void widen_columns(const Tensor& zero, const T* x, MatrixView<std::int16_t> wide) {
  for (std::size_t n = 0; n < wide.rows; ++n) {
    const std::int32_t own = byte_at(zero, n);
    for (std::size_t d = 0; d < wide.columns; ++d)
      wide.row(n)[d] = static_cast<std::int16_t>(x[d * wide.rows + n] - own);
  }
}

// Calls widen(x, wide) with the values of each matrix of the stack, of either type.
template <class Widen>
void for_each_matrix(const Tensor& stack, MatrixView<std::int16_t> wide, const Widen& widen) {
  const std::size_t size = wide.rows * wide.columns;
  for (std::size_t at = 0; at < element_count(stack.shape()); at += size, wide.data += size) {
    if (stack.type.dtype == DType::kS8) {
      widen(stack.values<std::int8_t>() + at, wide);
    } else {
      widen(stack.values<std::uint8_t>() + at, wide);
    }
  }
}

// sum over d of a[d] * b[d], modulo 2^32.
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

}  // namespace

WidenedProduct::WidenedProduct(const IntegerFactors& factors, std::byte* memory)
    : shape_(factors.a.shape(), factors.b.shape()),
      a_(reinterpret_cast<std::int16_t*>(memory)),
      b_(a_ + element_count(factors.a.shape())) {
  const std::size_t rows = factors.rows(), columns = factors.columns(), depth = shape_.depth;
  for_each_matrix(factors.a, {a_, rows, depth, depth},
                  [&](const auto* x, const auto& wide) { widen_rows(factors.a_zero, x, wide); });
  for_each_matrix(factors.b, {b_, columns, depth, depth},
                  [&](const auto* x, const auto& wide) { widen_columns(factors.b_zero, x, wide); });
}

std::size_t WidenedProduct::bytes(const IntegerFactors& factors) {
  return (element_count(factors.a.shape()) + element_count(factors.b.shape())) *
         sizeof(std::int16_t);
}

void WidenedProduct::run(const IntegerRows& rows, const Execution& execution) const {
  const std::size_t depth = shape_.depth, columns = shape_.columns;
  const std::size_t values = columns * (depth / kTermsPerValue + 1);
  share_out(shape_.batches() * shape_.rows, values, execution, [&](Range range) {
    std::int32_t sums[kColumns];
    for (std::size_t row = range.begin; row < range.end; ++row) {
      const std::size_t batch = row / shape_.rows;
      const std::size_t of_a = shape_.a_matrix(batch) * shape_.rows + row % shape_.rows;
      const std::int16_t* a = a_ + of_a * depth;
      const std::int16_t* b = b_ + shape_.b_matrix(batch) * columns * depth;
      for (std::size_t n = 0; n < columns; n += kColumns) {
        const Range piece = {n, std::min(columns, n + kColumns)};
        for (std::size_t i = 0; i < piece.size(); ++i)
          sums[i] = dot(a, b + (n + i) * depth, depth);
        rows.take(row, piece, sums);
      }
    }
  });
}

}  // namespace fourfold
