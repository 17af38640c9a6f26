// Single kernels under the active ISA. They check sizes, convert nothing, and read and write the
// caller's memory in place: what `out` names, or new arrays.
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/gil.h"
#include "bindings/name_list.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/lstm_cell/lstm_cell.h"
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

RowsAndScales quantize_rows(const F32Array& x, std::size_t depth, int flip,
                            const std::optional<S32Array>& absmax,
                            const std::optional<RowsAndScales>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  check_depth(depth, columns);
  if (absmax) expect_shape("absmax", *absmax, {signed_size(rows)});
  auto [q, scales] = result_rows_and_scales(out, rows, depth);
  const QuantizeKernels& kernels = quantize_kernels(active_isa());
  const FloatEnvironment float_environment;
  (absmax ? kernels.rows_of_absmax : kernels.rows)(
      {x.data(), columns, q.mutable_data(), depth, scales.mutable_data(), 0.0f, rows, columns,
       depth, checked_flip(flip), absmax ? absmax->data() : nullptr});
  return {q, scales};
}

void track_absmax(const F32Array& x, S32Array& absmax) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  expect_shape("absmax", absmax, {signed_size(rows)});
  quantize_kernels(active_isa())
      .track_absmax({x.data(), columns, absmax.mutable_data(), rows, columns});
}

S8Array quantize_fixed(const F32Array& x, std::size_t depth, float inverse_scale, int flip,
                       const std::optional<S8Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  check_depth(depth, columns);
  S8Array q = result_array("out", out, {signed_size(rows), signed_size(depth)});
  const FloatEnvironment float_environment;
  quantize_kernels(active_isa())
      .fixed({x.data(), columns, q.mutable_data(), depth, nullptr, inverse_scale, rows, columns,
              depth, checked_flip(flip)});
  return q;
}

F32Array activation(const std::string& kind, const F32Array& x, float alpha,
                    const std::optional<F32Array>& out) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  const Activation activation = activation_named(kind);
  F32Array y = result_array("out", out, {signed_size(rows), signed_size(columns)});
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

// One step, from the state c to next_c, h and y.
void lstm_cell(const F32Array& x, const F32Array& products, const F32Array& c, F32Array& next_c,
               F32Array& h, F32Array& y) {
  expect_shape("x", x, {kAnySize, kAnySize});
  expect_shape("products", products, shape_of(x));
  expect_shape("c", c, {signed_size(size_at(x, 0)), kAnySize});
  expect_shape("next_c", next_c, shape_of(c));
  expect_shape("h", h, shape_of(c));
  expect_shape("y", y, shape_of(c));
  const std::size_t gates = size_at(x, 1), hidden = size_at(c, 1);
  if (gates % (4 * kPanelColumns) != 0 || hidden > gates / 4) {
    refuse_value("expected four gates of whole panels and at least ", hidden, " columns, received ",
                 gates, " columns");
  }
  std::copy_n(c.data(), c.size(), next_c.mutable_data());
  const FloatEnvironment float_environment;
  lstm_cell_kernels(active_isa())
      .step({x.data(), gates, products.data(), gates, gates / 4, next_c.mutable_data(), hidden,
             h.mutable_data(), hidden, y.mutable_data(), hidden, size_at(x, 0), hidden});
}

}  // namespace

void register_kernels(py::module_& module) {
  module.def("activation_names", [] { return list_of(kActivationNames); });
  module.def("all_finite", all_finite, py::arg("x").noconvert());

  py::module_ kernels = module.def_submodule("kernels");
  kernels.def("quantize_rows", quantize_rows, py::arg("x").noconvert(), py::arg("depth"),
              py::arg("flip") = 0, py::arg("absmax").noconvert() = py::none(),
              py::arg("out").noconvert() = py::none());
  kernels.def("track_absmax", track_absmax, py::arg("x").noconvert(),
              py::arg("absmax").noconvert());
  kernels.def("quantize_fixed", quantize_fixed, py::arg("x").noconvert(), py::arg("depth"),
              py::arg("inverse_scale"), py::arg("flip") = 0,
              py::arg("out").noconvert() = py::none());
  kernels.def("activation", activation, py::arg("kind"), py::arg("x").noconvert(),
              py::arg("alpha") = 0.0f, py::arg("out").noconvert() = py::none());
  kernels.def("absmax", absmax, py::arg("x").noconvert());
  kernels.def("moments", moments, py::arg("x").noconvert());
  kernels.def("lstm_cell", lstm_cell, py::arg("x").noconvert(), py::arg("products").noconvert(),
              py::arg("c").noconvert(), py::arg("next_c").noconvert(), py::arg("h").noconvert(),
              py::arg("y").noconvert());
  register_sums(kernels);
  register_s8(kernels);
  register_windows(kernels);
  register_math(kernels);
  register_gemm(kernels);
  register_matmul(kernels);
  register_blocking(kernels);
}

}  // namespace fourfold
