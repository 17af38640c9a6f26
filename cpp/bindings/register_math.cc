// Normalizations, functions and arithmetic under the active ISA. They check sizes, convert nothing
// and write into the array that they are given, which may be an input: tests guard it, and see what
// works in place.
#include <pybind11/stl.h>

#include <optional>
#include <string>

#include "base/check.h"
#include "base/float_environment.h"
#include "bindings/arrays.h"
#include "bindings/name_list.h"
#include "bindings/registers.h"
#include "isa/select.h"
#include "kernels/binary/binary.h"
#include "kernels/normalize/normalize.h"
#include "kernels/unary/unary.h"

namespace fourfold {
namespace {

void unary(const std::string& kind, const F32Array& x, F32Array& y, float alpha, float beta) {
  const auto function = static_cast<Unary>(number_of("kind", kUnaryNames, kind));
  expect_shape("y", y, shape_of(x));
  const FloatEnvironment float_environment;
  unary_kernels(active_isa())
      .of(function)({x.data(), y.mutable_data(), static_cast<std::size_t>(x.size()), alpha, beta});
}

// [rows or 1, columns or 1], as NumPy would broadcast it to y.
BinaryOperand operand(const char* name, const F32Array& array, const F32Array& y) {
  expect_shape(name, array, {kAnySize, kAnySize});
  const bool single_row = array.shape(0) == 1, single = array.shape(1) == 1;
  expect_shape(name, array, {single_row ? 1 : y.shape(0), single ? 1 : y.shape(1)});
  return {array.data(), single_row ? 0 : size_at(array, 1), single};
}

void binary(const std::string& kind, const F32Array& a, const F32Array& b, F32Array& y) {
  const auto operation = static_cast<Binary>(number_of("kind", kBinaryNames, kind));
  expect_shape("y", y, {kAnySize, kAnySize});
  const std::size_t rows = size_at(y, 0), columns = size_at(y, 1);
  const BinaryBlock block = {
      operand("a", a, y), operand("b", b, y), y.mutable_data(), columns, rows, columns};
  const FloatEnvironment float_environment;
  binary_kernels(active_isa()).of(operation)(block);
}

NormalizeBlock checked_rows(const F32Array& x, F32Array& y) {
  expect_shape("x", x, {kAnySize, kAnySize});
  expect_shape("y", y, shape_of(x));
  const std::size_t rows = size_at(x, 0), columns = size_at(x, 1);
  if (columns == 0) refuse_value("x: expected at least one column, received none");
  return {x.data(), columns, y.mutable_data(), columns, rows, columns};
}

void unit_norm(const std::string& kind, const F32Array& x, F32Array& y) {
  constexpr const char* kNames[] = {"l1", "l2", "max"};
  const NormalizeKernels& kernels = normalize_kernels(active_isa());
  void (*const functions[])(const NormalizeBlock&) = {kernels.l1_norm, kernels.l2_norm,
                                                      kernels.max_norm};
  const NormalizeBlock block = checked_rows(x, y);
  const FloatEnvironment float_environment;
  functions[number_of("kind", kNames, kind)](block);
}

// x + residual is written to total, if there is a residual.
struct Residual {
  const std::optional<F32Array>& residual;
  std::optional<F32Array>& total;
};

// A view of both, checked; null where there is none.
LayerNormBlock checked_norm(const F32Array& x, F32Array& y, const Residual& added) {
  LayerNormBlock norm{checked_rows(x, y), nullptr, 0, nullptr, 0, nullptr, nullptr, 0.0f};
  norm.residual_stride = norm.sum_stride = norm.columns;
  if (added.residual.has_value() != added.total.has_value()) {
    refuse_value("residual, total: expected both or neither, received one");
  }
  if (added.residual) {
    expect_shape("residual", *added.residual, shape_of(x));
    expect_shape("total", *added.total, shape_of(x));
    norm.residual = added.residual->data();
    norm.sum = added.total->mutable_data();
  }
  return norm;
}

void layer_norm(const F32Array& x, const F32Array& gamma, const std::optional<F32Array>& beta,
                float epsilon, F32Array& y, const std::optional<F32Array>& residual,
                std::optional<F32Array> total) {
  LayerNormBlock norm = checked_norm(x, y, {residual, total});
  expect_shape("gamma", gamma, {x.shape(1)});
  if (beta) expect_shape("beta", *beta, {x.shape(1)});
  norm.gamma = gamma.data();
  norm.beta = beta ? beta->data() : nullptr;
  norm.epsilon = epsilon;
  const FloatEnvironment float_environment;
  normalize_kernels(active_isa()).layer_norm(norm);
}

void rms_norm(const F32Array& x, const F32Array& gamma, float epsilon, F32Array& y,
              const std::optional<F32Array>& residual, std::optional<F32Array> total) {
  LayerNormBlock norm = checked_norm(x, y, {residual, total});
  expect_shape("gamma", gamma, {x.shape(1)});
  norm.gamma = gamma.data();
  norm.epsilon = epsilon;
  const FloatEnvironment float_environment;
  normalize_kernels(active_isa()).rms_norm(norm);
}

void affine(const std::string& along, const F32Array& x, const F32Array& scale,
            const F32Array& shift, F32Array& y) {
  constexpr const char* kNames[] = {"rows", "columns"};
  const bool by_column = number_of("along", kNames, along) == 1;
  const NormalizeBlock block = checked_rows(x, y);
  const Shape one_each = {x.shape(by_column ? 1 : 0)};
  expect_shape("scale", scale, one_each);
  expect_shape("shift", shift, one_each);
  const NormalizeKernels& kernels = normalize_kernels(active_isa());
  const FloatEnvironment float_environment;
  (by_column ? kernels.affine_columns : kernels.affine_rows)({block, scale.data(), shift.data()});
}

}  // namespace

void register_math(py::module_& kernels) {
  const auto array = [](const char* name) { return py::arg(name).noconvert(); };
  kernels.def("unary_names", [] { return list_of(kUnaryNames); });
  kernels.def("unary", unary, py::arg("kind"), array("x"), array("y"), py::arg("alpha") = 0.0f,
              py::arg("beta") = 0.0f);
  kernels.def("binary_names", [] { return list_of(kBinaryNames); });
  kernels.def("binary", binary, py::arg("kind"), array("a"), array("b"), array("y"));
  kernels.def("unit_norm", unit_norm, py::arg("kind"), array("x"), array("y"));
  kernels.def("layer_norm", layer_norm, array("x"), array("gamma"), array("beta"),
              py::arg("epsilon"), array("y"), array("residual") = std::nullopt,
              array("total") = std::nullopt);
  kernels.def("rms_norm", rms_norm, array("x"), array("gamma"), py::arg("epsilon"), array("y"),
              array("residual") = std::nullopt, array("total") = std::nullopt);
  kernels.def("affine", affine, py::arg("along"), array("x"), array("scale"), array("shift"),
              array("y"));
}

}  // namespace fourfold
