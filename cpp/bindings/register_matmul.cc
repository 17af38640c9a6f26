// The matmul drivers as single calls, for tests and benchmarks: linear layers outside any program.
#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
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

// Calls run(Output) for the form that is asked for; gives what the output was written to.
template <class Run>
py::object with_output(std::size_t rows, std::size_t columns, const OutputScale& scale,
                       const Run& run) {
  if (!scale) {
    F32Array y({rows, columns});
    run(Output::f32(view_out(y)));
    return std::move(y);
  }
  S8Array q({rows, columns});
  if (const float* fixed = std::get_if<float>(&*scale)) {
    run(Output::fixed_s8(view_out(q), *fixed));
    return std::move(q);
  }
  const std::string& name = std::get<std::string>(*scale);
  if (name != "rows") {
    refuse_value("output_scale: expected a number or 'rows', received '", name, "'");
  }
  F32Array scales(static_cast<py::ssize_t>(rows));
  run(Output::rows_s8(view_out(q), scales.mutable_data()));
  return py::make_tuple(q, scales);
}

py::object linear_s8_array(const Rows& x, const S8Array& packed, const F32Array& column_scales,
                           const F32Array& bias, std::size_t columns, const std::string& activation,
                           float alpha, const std::optional<F32Array>& residual,
                           const InputScale& input_scale, const OutputScale& output_scale) {
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
  const MatrixView<const float> addend = residual ? view(*residual) : MatrixView<const float>{};
  const Execution execution = current_execution();
  return with_output(rows, columns, output_scale, [&](const Output& output) {
    const AlignedBuffer scratch(linear_s8_scratch_bytes(layer, output.form, rows, execution));
    linear_s8(layer, *operand, addend, output, scratch.data(), execution);
  });
}

F32Array linear_f32_array(const F32Array& x, const F32Array& packed, const F32Array& bias,
                          std::size_t columns, const std::string& activation, float alpha) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1);
  expect_shape("packed", packed, packed_f32_shape(depth, columns));
  expect_shape("bias", bias, per_column_shape(columns));

  const FloatEnvironment float_environment;
  const LinearF32 layer = {
      {packed.data(), depth, columns}, bias.data(), elementwise_named(activation), alpha};
  F32Array y({rows, columns});
  linear_f32(layer, view(x), view_out(y), current_execution());
  return y;
}

py::dict choose_blocking_dict(std::size_t rows, std::size_t columns, std::size_t depth,
                              std::size_t row_tile, std::size_t column_block, std::size_t row_bytes,
                              std::size_t multiply_adds_per_ns, std::array<std::size_t, 3> caches,
                              std::size_t threads) {
  if (row_tile == 0) refuse_value("row_tile: expected at least 1, received 0");
  if (column_block == 0 || column_block % kPanelColumns != 0) {
    refuse_value("column_block: expected a multiple of ", kPanelColumns, ", received ",
                 column_block);
  }
  const Blocking blocking = choose_blocking(
      {rows, columns, depth, row_tile, column_block, row_bytes, multiply_adds_per_ns},
      {caches[0], caches[1], caches[2]}, threads);
  py::dict result;
  result["row_parts"] = blocking.row_parts;
  result["column_parts"] = blocking.column_parts;
  result["column_step"] = blocking.column_step;
  result["row_panel"] = blocking.row_panel;
  result["row_block"] = blocking.row_block;
  return result;
}

py::tuple part_of_tuple(std::size_t size, std::size_t step, std::size_t parts, std::size_t index) {
  if (step == 0 || index >= parts) {
    refuse_value("part_of: expected a step above 0 and an index below parts, received step ", step,
                 ", index ", index, ", parts ", parts);
  }
  const Range part = part_of(size, step, parts, index);
  return py::make_tuple(part.begin, part.end);
}

py::tuple cache_sizes_tuple() {
  const CacheSizes& caches = cache_sizes();
  return py::make_tuple(caches.l1d, caches.l2, caches.l3);
}

}  // namespace

void register_matmul(py::module_& kernels) {
  kernels.def("linear_s8", linear_s8_array, py::arg("x").noconvert(), py::arg("packed").noconvert(),
              py::arg("column_scales").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f, py::kw_only(),
              py::arg("residual").noconvert() = py::none(), py::arg("input_scale") = py::none(),
              py::arg("output_scale") = py::none());
  kernels.def("linear_f32", linear_f32_array, py::arg("x").noconvert(),
              py::arg("packed").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f);
  kernels.def("choose_blocking", choose_blocking_dict, py::kw_only(), py::arg("rows"),
              py::arg("columns"), py::arg("depth"), py::arg("row_tile"), py::arg("column_block"),
              py::arg("row_bytes"), py::arg("multiply_adds_per_ns"), py::arg("caches"),
              py::arg("threads"));
  kernels.def("part_of", part_of_tuple, py::arg("size"), py::arg("step"), py::arg("parts"),
              py::arg("index"));
  kernels.def("cache_sizes", cache_sizes_tuple);
}

}  // namespace fourfold
