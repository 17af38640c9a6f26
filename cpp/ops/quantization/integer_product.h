// Products of matrices of small integers, whose values are known when they are multiplied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/matrix_view.h"
#include "ops/tensor.h"

namespace fourfold {

// int8 or uint8 without their zero points: in [-255, 255].
//
//   wide[r][d] = x[r][d] - zero[r]                     rows of a
//   wide[n][d] = x[d][n] - zero[n]                     columns of b
//
// x: rows x depth or depth x columns, contiguous; zero: of the type of x, one value, or one for each
// row or column.
void widen_rows(const Tensor& zero, const void* x, MatrixView<std::int16_t> wide);
void widen_columns(const Tensor& zero, const void* x, MatrixView<std::int16_t> wide);

// sum over d of a[d] * b[d], modulo 2^32.
std::int32_t dot(const std::int16_t* a, const std::int16_t* b, std::size_t depth);

}  // namespace fourfold
