// The kernels that make values of int32 sums, under the active ISA, on the caller's memory.
#include <pybind11/stl.h>

#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/quantize/quantize.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

using Residual = std::optional<std::variant<F32Array, S8Array>>;
using Post = std::optional<std::pair<F32Array, F32Array>>;  // factors and addends of the columns

ResidualRows residual_rows(const Residual& residual, float scale, const Shape& shape) {
  ResidualRows rows = {nullptr, nullptr, static_cast<std::size_t>(shape.last()), scale};
  if (!residual) return rows;
  if (const F32Array* floats = std::get_if<F32Array>(&*residual)) {
    expect_shape("residual", *floats, shape);
    rows.f32 = floats->data();
  } else {
    const S8Array& quantized = std::get<S8Array>(*residual);
    expect_shape("residual", quantized, shape);
    rows.s8 = quantized.data();
  }
  return rows;
}

ColumnAffine column_affine(const Post& post, std::size_t columns) {
  if (!post) return {nullptr, nullptr};
  expect_shape("post scales", post->first, {signed_size(columns)});
  expect_shape("post shifts", post->second, {signed_size(columns)});
  return {post->first.data(), post->second.data()};
}

ScaledSums scaled_sums(const S32Array& acc, const F32Array& row_scales,
                       const F32Array& column_scales, const F32Array& bias, float floor,
                       const Residual& residual, float residual_scale, const Post& post) {
  expect_shape("acc", acc, {kAnySize, kAnySize});
  const std::size_t rows = size_at(acc, 0), columns = size_at(acc, 1);
  expect_shape("row_scales", row_scales, {signed_size(rows)});
  expect_shape("column_scales", column_scales, {signed_size(columns)});
  expect_shape("bias", bias, {signed_size(columns)});
  return {acc.data(),
          columns,
          row_scales.data(),
          column_scales.data(),
          bias.data(),
          residual_rows(residual, residual_scale, {signed_size(rows), signed_size(columns)}),
          rows,
          columns,
          floor,
          column_affine(post, columns)};
}

F32Array dequantize(const S32Array& acc, const F32Array& row_scales, const F32Array& column_scales,
                    const F32Array& bias, float floor, const Residual& residual,
                    float residual_scale, const Post& post, const std::optional<F32Array>& out) {
  const ScaledSums sums =
      scaled_sums(acc, row_scales, column_scales, bias, floor, residual, residual_scale, post);
  F32Array y = result_array("out", out, {signed_size(sums.rows), signed_size(sums.columns)});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa()).dequantize({sums, y.mutable_data(), sums.columns});
  return y;
}

S8Array requantize(const S32Array& acc, const F32Array& row_scales, const F32Array& column_scales,
                   const F32Array& bias, float inverse_scale, float floor, const Residual& residual,
                   float residual_scale, const Post& post, const std::optional<S8Array>& out) {
  const ScaledSums sums =
      scaled_sums(acc, row_scales, column_scales, bias, floor, residual, residual_scale, post);
  S8Array q = result_array("out", out, {signed_size(sums.rows), signed_size(sums.columns)});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa()).requantize({sums, q.mutable_data(), sums.columns, inverse_scale});
  return q;
}

F32Array affine_columns(const F32Array& x, const F32Array& scale, const F32Array& shift,
                        const std::optional<F32Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  expect_shape("scale", scale, {signed_size(columns)});
  expect_shape("shift", shift, {signed_size(columns)});
  F32Array y = result_array("out", out, {signed_size(rows), signed_size(columns)});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa())
      .affine_columns({x.data(),
                       columns,
                       y.mutable_data(),
                       columns,
                       {scale.data(), shift.data()},
                       rows,
                       columns});
  return y;
}

constexpr float kNoFloor = -std::numeric_limits<float>::infinity();

}  // namespace

void register_sums(py::module_& kernels) {
  kernels.def("dequantize", dequantize, py::arg("acc").noconvert(),
              py::arg("row_scales").noconvert(), py::arg("column_scales").noconvert(),
              py::arg("bias").noconvert(), py::arg("floor") = kNoFloor,
              py::arg("residual").noconvert() = py::none(), py::arg("residual_scale") = 1.0f,
              py::arg("post").noconvert() = py::none(), py::arg("out").noconvert() = py::none());
  kernels.def("requantize", requantize, py::arg("acc").noconvert(),
              py::arg("row_scales").noconvert(), py::arg("column_scales").noconvert(),
              py::arg("bias").noconvert(), py::arg("inverse_scale"), py::arg("floor") = kNoFloor,
              py::arg("residual").noconvert() = py::none(), py::arg("residual_scale") = 1.0f,
              py::arg("post").noconvert() = py::none(), py::arg("out").noconvert() = py::none());
  kernels.def("affine_columns", affine_columns, py::arg("x").noconvert(),
              py::arg("scale").noconvert(), py::arg("shift").noconvert(),
              py::arg("out").noconvert() = py::none());
}

}  // namespace fourfold
