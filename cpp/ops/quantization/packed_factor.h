// The right factor of a product of 8-bit integers, packed for the INT8 kernels with what makes their
// sums exact for any zero points and any bytes.
//
// A uint8 is read as a signed byte by taking 128 off: a = a' + shift, b = b' + shift, shift being 128
// for uint8 and 0 for int8. With alpha = a_zero - shift and beta[n] = b_zero[n] - shift,
//
//   sum over d of (a[d] - a_zero) * (b[d][n] - b_zero[n])
//     = sum over d of a'[d] * b'[d][n]  -  beta[n] * (sum over d of a'[d])  -  alpha * totals[n]
//   totals[n] = sum over d of (b[d][n] - b_zero[n])
//
// all modulo 2^32. The kernels want b' in [-127, 127]: a -128 is packed as -127, and noted among the
// lows of its column, where a'[d] is taken off once more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "matmul/packed_weights.h"
#include "ops/tensor.h"

namespace fourfold {

class PackedFactor {
 public:
  // b: int8 or uint8, depth x columns; zero: of its type, one value or one for each column, or
  // absent. Throws std::bad_alloc. Nothing of them is kept.
  PackedFactor(const Tensor& b, const Tensor& zero, std::size_t depth, std::size_t columns);

  PackedS8 weight() const {
    return {reinterpret_cast<const std::int8_t*>(packed_.data()), depth_, columns_};
  }
  const std::int32_t* packed_sums() const { return packed_sums_.data(); }  // sum_columns of weight

  const std::int32_t* totals() const { return totals_.data(); }

  // One for each column; null where all are 0.
  const std::int32_t* betas() const { return betas_.empty() ? nullptr : betas_.data(); }

  struct Lows {
    const std::uint32_t* begin;
    const std::uint32_t* end;
  };
  bool has_lows() const { return !lows_.empty(); }
  Lows lows(std::size_t column) const {
    return {lows_.data() + lows_from_[column], lows_.data() + lows_from_[column + 1]};
  }

 private:
  void pack(const Tensor& b);
  void sum(const Tensor& b, const Tensor& zero);

  const std::size_t depth_;
  const std::size_t columns_;
  AlignedBuffer packed_;
  std::vector<std::int32_t> packed_sums_;
  std::vector<std::int32_t> totals_;
  std::vector<std::int32_t> betas_;
  std::vector<std::uint32_t> lows_;     // depths, column by column
  std::vector<std::size_t> lows_from_;  // columns + 1; empty without lows
};

}  // namespace fourfold
