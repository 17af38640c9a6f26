// The matrix product kernels, one call each, under the active ISA.
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "matmul/packed_weights.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

void check_gemm_s8_depth(std::size_t depth) {
  if (depth > kMaxDepth) refuse_value("depth: expected at most ", kMaxDepth, ", received ", depth);
}

// The kernel alone, on its own terms: a is padded along depth and flipped, c has the columns'
// padding.
S32Array gemm_s8_block(const S8Array& a, const S8Array& packed, const S32Array& column_sums,
                       const std::optional<S32Array>& out) {
  expect_shape("a", a, {kAnySize, kAnySize});
  const std::size_t rows = size_at(a, 0), depth = size_at(a, 1);
  check_gemm_s8_depth(depth);
  const GemmS8Kernels& kernels = gemm_s8_kernels(active_isa(), rows);
  if (depth % kernels.depth_step != 0) {
    refuse_value("depth: expected a multiple of ", kernels.depth_step, ", received ", depth);
  }
  expect_shape("column_sums", column_sums, {kAnySize});
  const std::size_t columns = size_at(column_sums, 0);
  expect_shape("packed", packed, packed_s8_shape(depth, columns));
  if (columns % kernels.column_step != 0) {
    refuse_value("columns: expected a multiple of ", kernels.column_step, ", received ", columns);
  }
  S32Array c = result_array("out", out, {signed_size(rows), signed_size(columns)});
  if (c.size() == 0) return c;
  kernels.block({a.data(), depth, packed.data(), padded_depth(depth), column_sums.data(),
                 c.mutable_data(), columns, rows, columns, depth});
  return c;
}

// From plain rows to plain sums: pads, flips, multiplies, takes the padding off.
S32Array gemm_s8(const S8Array& a, const S8Array& packed, std::size_t columns) {
  expect_shape("a", a, {kAnySize, kAnySize});
  const std::size_t rows = size_at(a, 0), depth = size_at(a, 1), padded = padded_depth(depth);
  const std::size_t wide = padded_columns(columns);
  check_gemm_s8_depth(depth);
  expect_shape("packed", packed, packed_s8_shape(depth, columns));
  S32Array result({rows, columns});
  if (rows == 0 || columns == 0) return result;

  const GemmS8Kernels& kernels = gemm_s8_kernels(active_isa(), rows);
  const AlignedBuffer operand(rows * padded);
  auto* q = reinterpret_cast<std::int8_t*>(operand.data());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t d = 0; d < padded; ++d) {
      const int value = d < depth ? a.data()[r * depth + d] : 0;
      q[r * padded + d] = static_cast<std::int8_t>(value ^ kernels.flip);
    }
  }
  std::vector<std::int32_t> sums(wide), c(rows * wide);
  sum_columns({packed.data(), depth, columns}, sums.data());
  kernels.block(
      {q, padded, packed.data(), padded, sums.data(), c.data(), wide, rows, wide, padded});
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(result.mutable_data() + r * columns, &c[r * wide], columns * sizeof(c[0]));
  }
  return result;
}

const char* gemm_s8_name(std::size_t rows) {
  return isa_name(gemm_s8_kernels(active_isa(), rows).isa);
}

std::size_t gemm_s8_depth_step(std::size_t rows) {
  return gemm_s8_kernels(active_isa(), rows).depth_step;
}

std::size_t gemm_s8_column_step(std::size_t rows) {
  return gemm_s8_kernels(active_isa(), rows).column_step;
}

int gemm_s8_flip(std::size_t rows) {
  return gemm_s8_kernels(active_isa(), rows).flip;
}

F32Array gemm_f32(const F32Array& x, const F32Array& packed, const F32Array& bias,
                  std::size_t columns, const std::optional<F32Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1), wide = padded_columns(columns);
  expect_shape("packed", packed, packed_f32_shape(depth, columns));
  expect_shape("bias", bias, {signed_size(wide)});
  F32Array y = result_array("out", out, {signed_size(rows), signed_size(columns)});
  if (rows == 0 || columns == 0) return y;
  const FloatEnvironment float_environment;
  gemm_f32_kernels(active_isa())
      .block({x.data(), depth, PackedF32{packed.data(), depth, columns}.panels_from(0), bias.data(),
              nullptr, y.mutable_data(), columns, rows, wide, columns, depth});
  return y;
}

// Row d of w is at w[offsets[d]], padded_columns(columns) values.
F32Array gemm_f32_gathered(const F32Array& x, const F32Array& w, const U64Array& offsets,
                           const std::optional<F32Array>& row_bias, std::size_t columns,
                           const std::optional<F32Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1), wide = padded_columns(columns);
  expect_shape("w", w, {kAnySize});
  expect_shape("offsets", offsets, {signed_size(depth)});
  if (row_bias) expect_shape("row_bias", *row_bias, {signed_size(rows)});
  std::vector<std::size_t> row_offsets;
  for (std::size_t d = 0; d < depth; ++d) {
    const std::size_t offset = offsets.data()[d];
    if (offset > size_at(w, 0) || wide > size_at(w, 0) - offset) {
      refuse_value("offsets: expected rows inside w, received ", offset);
    }
    row_offsets.push_back(offset);
  }
  F32Array y = result_array("out", out, {signed_size(rows), signed_size(columns)});
  if (rows == 0 || columns == 0) return y;
  const GemmF32Weight weight = {w.data(), kPanelColumns, 0, row_offsets.data()};
  const FloatEnvironment float_environment;
  gemm_f32_kernels(active_isa())
      .gathered({x.data(), depth, weight, nullptr, row_bias ? row_bias->data() : nullptr,
                 y.mutable_data(), columns, rows, wide, columns, depth});
  return y;
}

}  // namespace

void register_gemm(py::module_& kernels) {
  kernels.def("gemm_s8", gemm_s8, py::arg("a").noconvert(), py::arg("packed").noconvert(),
              py::arg("columns"));
  kernels.def("gemm_s8_block", gemm_s8_block, py::arg("a").noconvert(),
              py::arg("packed").noconvert(), py::arg("column_sums").noconvert(),
              py::arg("out").noconvert() = py::none());
  kernels.def("gemm_s8_name", gemm_s8_name, py::arg("rows"));
  kernels.def("gemm_s8_flip", gemm_s8_flip, py::arg("rows"));
  kernels.def("gemm_s8_depth_step", gemm_s8_depth_step, py::arg("rows"));
  kernels.def("gemm_s8_column_step", gemm_s8_column_step, py::arg("rows"));
  kernels.def("gemm_f32", gemm_f32, py::arg("x").noconvert(), py::arg("packed").noconvert(),
              py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("out").noconvert() = py::none());
  kernels.def("gemm_f32_gathered", gemm_f32_gathered, py::arg("x").noconvert(),
              py::arg("w").noconvert(), py::arg("offsets").noconvert(),
              py::arg("row_bias").noconvert(), py::arg("columns"),
              py::arg("out").noconvert() = py::none());
}

}  // namespace fourfold
