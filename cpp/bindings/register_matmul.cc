// The matmul drivers as single calls, for tests and benchmarks: linear layers outside any program.
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "matmul/linear_f32.h"
#include "matmul/linear_s8.h"
#include "ops/activation_names.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

Execution current_execution() {
  ThreadPool& pool = ThreadPool::shared();
  return {active_isa(), pool.threads(), &pool};
}

template <class T>
MatrixView<const T> view(const py::array_t<T, py::array::c_style>& x) {
  return {x.data(), size_at(x, 0), size_at(x, 1), size_at(x, 1)};
}

template <class T>
MatrixView<T> view_out(py::array_t<T, py::array::c_style>& y) {
  return {y.mutable_data(), size_at(y, 0), size_at(y, 1), size_at(y, 1)};
}

using Rows = std::variant<F32Array, S8Array>;
using InputScale = std::optional<std::variant<float, F32Array>>;      // none: each row its own
using OutputScale = std::optional<std::variant<float, std::string>>;  // none: float32
using Results = std::optional<std::variant<F32Array, S8Array, RowsAndScales>>;

std::unique_ptr<Operand> operand_of(const Rows& x, std::size_t rows, const InputScale& scale) {
  const float* fixed = scale ? std::get_if<float>(&*scale) : nullptr;
  const F32Array* of_rows = scale ? std::get_if<F32Array>(&*scale) : nullptr;
  if (of_rows != nullptr) expect_shape("input_scale", *of_rows, {signed_size(rows)});
  if (const S8Array* q = std::get_if<S8Array>(&x)) {
    if (fixed != nullptr) return std::make_unique<QuantizedRows>(view(*q), *fixed);
    if (of_rows != nullptr) return std::make_unique<QuantizedRows>(view(*q), of_rows->data());
    refuse_value("input_scale: expected a number, or one for each row, because x is int8");
  }
  const F32Array& floats = std::get<F32Array>(x);
  if (of_rows != nullptr) refuse_value("input_scale: expected one number, because x is float32");
  if (fixed != nullptr) return std::make_unique<FixedRows>(view(floats), *fixed);
  return std::make_unique<DynamicRows>(view(floats));
}

OutputForm form_of(const OutputScale& scale) {
  if (!scale) return OutputForm::kF32;
  if (std::holds_alternative<float>(*scale)) return OutputForm::kFixedS8;
  const std::string& name = std::get<std::string>(*scale);
  if (name == "rows") return OutputForm::kRowsS8;
  refuse_value("output_scale: expected a number or 'rows', received '", name, "'");
}

template <class Result>
std::optional<Result> out_as(const char* what, const Results& out) {
  if (!out) return std::nullopt;
  if (const Result* result = std::get_if<Result>(&*out)) return *result;
  refuse_kind("out: expected ", what, ", as output_scale asks for, received something else");
}

// Calls run(Output) for the form that is asked for; gives what the output was written to.
template <class Run>
py::object with_output(std::size_t rows, std::size_t columns, const OutputScale& scale,
                       const Results& out, const Run& run) {
  const Shape shape = {signed_size(rows), signed_size(columns)};
  switch (form_of(scale)) {
    case OutputForm::kF32: {
      F32Array y = result_array("out", out_as<F32Array>("float32", out), shape);
      run(Output::f32(view_out(y)));
      return std::move(y);
    }
    case OutputForm::kFixedS8: {
      S8Array q = result_array("out", out_as<S8Array>("int8", out), shape);
      run(Output::fixed_s8(view_out(q), std::get<float>(*scale)));
      return std::move(q);
    }
    case OutputForm::kRowsS8:
    case OutputForm::kSums:  // which form_of never gives
      break;
  }
  auto [q, scales] =
      result_rows_and_scales(out_as<RowsAndScales>("int8 and float32", out), rows, columns);
  run(Output::rows_s8(view_out(q), scales.mutable_data()));
  return py::make_tuple(q, scales);
}

// Scratch of linear_s8 under the current ISA and threads. It depends on no data.
std::size_t scratch_bytes(std::size_t rows, std::size_t depth, std::size_t columns,
                          const OutputScale& output_scale) {
  const LinearS8 layer = {{nullptr, depth, columns}, nullptr, nullptr, nullptr,
                          Activation::identity,      0.0f};
  return linear_s8_scratch_bytes(layer, form_of(output_scale), rows, current_execution());
}

void check_scratch(const S8Array& scratch, std::size_t bytes) {
  expect_shape("scratch", scratch, {signed_size(bytes)});
  if (reinterpret_cast<std::uintptr_t>(scratch.data()) % kAlignment != 0) {
    refuse_value("scratch: expected an address that is a multiple of ", kAlignment);
  }
}

py::object linear_s8_array(const Rows& x, const S8Array& packed, const F32Array& column_scales,
                           const F32Array& bias, std::size_t columns, const std::string& activation,
                           float alpha, const std::optional<F32Array>& residual,
                           const InputScale& input_scale, const OutputScale& output_scale,
                           std::optional<S8Array> scratch, const Results& out) {
  const py::array& array = std::visit([](const auto& a) -> const py::array& { return a; }, x);
  expect_shape("x", array, {kAnySize, kAnySize});
  const std::size_t rows = size_at(array, 0), depth = size_at(array, 1);
  expect_shape("packed", packed, packed_s8_shape(depth, columns));
  expect_shape("column_scales", column_scales, per_column_shape(columns));
  expect_shape("bias", bias, per_column_shape(columns));
  if (residual) expect_shape("residual", *residual, {signed_size(rows), signed_size(columns)});
  const std::unique_ptr<Operand> operand = operand_of(x, rows, input_scale);

  const FloatEnvironment float_environment;
  std::vector<std::int32_t> sums(padded_columns(columns));
  sum_columns({packed.data(), depth, columns}, sums.data());
  const LinearS8 layer = {{packed.data(), depth, columns},
                          column_scales.data(),
                          bias.data(),
                          sums.data(),
                          elementwise_named(activation),
                          alpha};
  Residual addend;
  if (residual) addend.f32 = view(*residual);
  const Execution execution = current_execution();
  return with_output(rows, columns, output_scale, out, [&](const Output& output) {
    const std::size_t bytes = linear_s8_scratch_bytes(layer, output.form, rows, execution);
    if (scratch) check_scratch(*scratch, bytes);
    const AlignedBuffer own(scratch ? 0 : bytes);
    auto* memory = scratch ? reinterpret_cast<std::byte*>(scratch->mutable_data()) : own.data();
    linear_s8(layer, *operand, addend, output, memory, execution);
  });
}

F32Array linear_f32_array(const F32Array& x, const F32Array& packed, const F32Array& bias,
                          std::size_t columns, const std::string& activation, float alpha,
                          const std::optional<F32Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1);
  expect_shape("packed", packed, packed_f32_shape(depth, columns));
  expect_shape("bias", bias, per_column_shape(columns));

  const FloatEnvironment float_environment;
  const LinearF32 layer = {
      {packed.data(), depth, columns}, bias.data(), elementwise_named(activation), alpha};
  F32Array y = result_array("out", out, {signed_size(rows), signed_size(columns)});
  linear_f32(layer, view(x), view_out(y), current_execution());
  return y;
}

}  // namespace

void register_matmul(py::module_& kernels) {
  kernels.def("linear_s8", linear_s8_array, py::arg("x").noconvert(), py::arg("packed").noconvert(),
              py::arg("column_scales").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f, py::kw_only(),
              py::arg("residual").noconvert() = py::none(), py::arg("input_scale") = py::none(),
              py::arg("output_scale") = py::none(), py::arg("scratch").noconvert() = py::none(),
              py::arg("out").noconvert() = py::none());
  kernels.def("linear_s8_scratch_bytes", scratch_bytes, py::arg("rows"), py::arg("depth"),
              py::arg("columns"), py::arg("output_scale") = py::none());
  kernels.def("linear_f32", linear_f32_array, py::arg("x").noconvert(),
              py::arg("packed").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f,
              py::arg("out").noconvert() = py::none());
}

}  // namespace fourfold
