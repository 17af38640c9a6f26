// Single kernels under the active ISA. They allocate their results, check sizes, convert nothing.
#include <pybind11/stl.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/quantize/quantize.h"
#include "kernels/reduce/reduce.h"
#include "matmul/packed_weights.h"
#include "ops/activation_names.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

std::uint8_t checked_flip(int flip) {
  if (flip != 0 && flip != 0x80) refuse_value("flip: expected 0 or 128, received ", flip);
  return static_cast<std::uint8_t>(flip);
}

void check_depth(std::size_t depth, std::size_t columns) {
  if (depth < columns) refuse_value("depth: expected at least ", columns, ", received ", depth);
}

S32Array gemm_s8(const S8Array& a, const S8Array& packed, std::size_t columns) {
  expect_shape("a", a, {kAnySize, kAnySize});
  const std::size_t rows = size_at(a, 0), depth = size_at(a, 1), padded = padded_depth(depth);
  const std::size_t wide = padded_columns(columns);
  if (depth > kMaxDepth) refuse_value("depth: expected at most ", kMaxDepth, ", received ", depth);
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
  kernels.block({q, padded, packed.data(), sums.data(), c.data(), wide, rows, wide, padded});
  for (std::size_t r = 0; r < rows; ++r) {
    std::memcpy(result.mutable_data() + r * columns, &c[r * wide], columns * sizeof(c[0]));
  }
  return result;
}

const char* gemm_s8_name(std::size_t rows) {
  return isa_name(gemm_s8_kernels(active_isa(), rows).isa);
}

F32Array gemm_f32(const F32Array& x, const F32Array& packed, const F32Array& bias,
                  std::size_t columns) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1), wide = padded_columns(columns);
  expect_shape("packed", packed, packed_f32_shape(depth, columns));
  expect_shape("bias", bias, {signed_size(wide)});
  F32Array y({rows, columns});
  if (rows == 0 || columns == 0) return y;
  const FloatEnvironment float_environment;
  gemm_f32_kernels(active_isa())
      .block({x.data(), depth, PackedF32{packed.data(), depth, columns}.panels_from(0), bias.data(),
              nullptr, y.mutable_data(), columns, rows, wide, columns, depth});
  return y;
}

// Row d of w is at w[offsets[d]], padded_columns(columns) values.
F32Array gemm_f32_gathered(const F32Array& x, const F32Array& w, const U64Array& offsets,
                           const std::optional<F32Array>& row_bias, std::size_t columns) {
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
  F32Array y({rows, columns});
  if (rows == 0 || columns == 0) return y;
  const GemmF32Weight weight = {w.data(), kPanelColumns, 0, row_offsets.data()};
  const FloatEnvironment float_environment;
  gemm_f32_kernels(active_isa())
      .gathered({x.data(), depth, weight, nullptr, row_bias ? row_bias->data() : nullptr,
                 y.mutable_data(), columns, rows, wide, columns, depth});
  return y;
}

py::tuple quantize_rows(const F32Array& x, std::size_t depth, int flip) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  check_depth(depth, columns);
  S8Array q({rows, depth});
  F32Array scales(static_cast<py::ssize_t>(rows));
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa())
      .rows({x.data(), columns, q.mutable_data(), depth, scales.mutable_data(), 0.0f, rows, columns,
             depth, checked_flip(flip)});
  return py::make_tuple(q, scales);
}

S8Array quantize_fixed(const F32Array& x, std::size_t depth, float inverse_scale, int flip) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  check_depth(depth, columns);
  S8Array q({rows, depth});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa())
      .fixed({x.data(), columns, q.mutable_data(), depth, nullptr, inverse_scale, rows, columns,
              depth, checked_flip(flip)});
  return q;
}

ScaledSums scaled_sums(const S32Array& acc, const F32Array& row_scales,
                       const F32Array& column_scales, const F32Array& bias, float floor,
                       const std::optional<F32Array>& residual) {
  expect_shape("acc", acc, {kAnySize, kAnySize});
  const std::size_t rows = size_at(acc, 0), columns = size_at(acc, 1);
  expect_shape("row_scales", row_scales, {signed_size(rows)});
  expect_shape("column_scales", column_scales, {signed_size(columns)});
  expect_shape("bias", bias, {signed_size(columns)});
  if (residual) expect_shape("residual", *residual, {signed_size(rows), signed_size(columns)});
  return {acc.data(),        columns,
          row_scales.data(), column_scales.data(),
          bias.data(),       residual ? residual->data() : nullptr,
          columns,           rows,
          columns,           floor};
}

F32Array dequantize(const S32Array& acc, const F32Array& row_scales, const F32Array& column_scales,
                    const F32Array& bias, float floor, const std::optional<F32Array>& residual) {
  const ScaledSums sums = scaled_sums(acc, row_scales, column_scales, bias, floor, residual);
  F32Array y({sums.rows, sums.columns});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa()).dequantize({sums, y.mutable_data(), sums.columns});
  return y;
}

S8Array requantize(const S32Array& acc, const F32Array& row_scales, const F32Array& column_scales,
                   const F32Array& bias, float inverse_scale, float floor,
                   const std::optional<F32Array>& residual) {
  const ScaledSums sums = scaled_sums(acc, row_scales, column_scales, bias, floor, residual);
  S8Array q({sums.rows, sums.columns});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa()).requantize({sums, q.mutable_data(), sums.columns, inverse_scale});
  return q;
}

F32Array activation(const std::string& kind, const F32Array& x, float alpha) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  const Activation activation = activation_named(kind);
  F32Array y({rows, columns});
  if (x.size() == 0) return y;
  const FloatEnvironment float_environment;
  activation_function(activation_kernels(active_isa()), activation)(
      {x.data(), columns, y.mutable_data(), columns, rows, columns, alpha});
  return y;
}

float absmax(const F32Array& x) {
  expect_shape("x", x, {kAnySize});
  return reduce_kernels(active_isa()).absmax(x.data(), size_at(x, 0));
}

py::tuple moments(const F32Array& x) {
  expect_shape("x", x, {kAnySize});
  if (x.size() == 0) refuse_value("x: expected at least one value, received none");
  const FloatEnvironment float_environment;
  const Moments result = reduce_kernels(active_isa()).moments(x.data(), size_at(x, 0));
  return py::make_tuple(result.mean, result.variance);
}

bool all_finite(const F32Array& x) {
  const float* const values = x.data();
  const std::size_t count = static_cast<std::size_t>(x.size());
  float largest = 0.0f;
  without_gil([&] { largest = reduce_kernels(active_isa()).absmax(values, count); });
  return std::isfinite(largest);
}

py::list activation_name_list() {
  py::list names;
  for (const char* name : kActivationNames)
    names.append(name);
  return names;
}

}  // namespace

void register_kernels(py::module_& module) {
  module.def("activation_names", activation_name_list);
  module.def("all_finite", all_finite, py::arg("x").noconvert());

  py::module_ kernels = module.def_submodule("kernels");
  kernels.def("gemm_s8", gemm_s8, py::arg("a").noconvert(), py::arg("packed").noconvert(),
              py::arg("columns"));
  kernels.def("gemm_s8_name", gemm_s8_name, py::arg("rows"));
  kernels.def("gemm_f32", gemm_f32, py::arg("x").noconvert(), py::arg("packed").noconvert(),
              py::arg("bias").noconvert(), py::arg("columns"));
  kernels.def("gemm_f32_gathered", gemm_f32_gathered, py::arg("x").noconvert(),
              py::arg("w").noconvert(), py::arg("offsets").noconvert(),
              py::arg("row_bias").noconvert(), py::arg("columns"));
  kernels.def("quantize_rows", quantize_rows, py::arg("x").noconvert(), py::arg("depth"),
              py::arg("flip") = 0);
  kernels.def("quantize_fixed", quantize_fixed, py::arg("x").noconvert(), py::arg("depth"),
              py::arg("inverse_scale"), py::arg("flip") = 0);
  kernels.def("dequantize", dequantize, py::arg("acc").noconvert(),
              py::arg("row_scales").noconvert(), py::arg("column_scales").noconvert(),
              py::arg("bias").noconvert(),
              py::arg("floor") = -std::numeric_limits<float>::infinity(),
              py::arg("residual").noconvert() = py::none());
  kernels.def("requantize", requantize, py::arg("acc").noconvert(),
              py::arg("row_scales").noconvert(), py::arg("column_scales").noconvert(),
              py::arg("bias").noconvert(), py::arg("inverse_scale"),
              py::arg("floor") = -std::numeric_limits<float>::infinity(),
              py::arg("residual").noconvert() = py::none());
  kernels.def("activation", activation, py::arg("kind"), py::arg("x").noconvert(),
              py::arg("alpha") = 0.0f);
  kernels.def("absmax", absmax, py::arg("x").noconvert());
  kernels.def("moments", moments, py::arg("x").noconvert());
  register_math(kernels);
  register_matmul(kernels);
}

}  // namespace fourfold
