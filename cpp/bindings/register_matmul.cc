// The matmul drivers as single calls, for tests and benchmarks: linear layers outside any program.
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
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

MatrixView<const float> view(const F32Array& x) {
  return {x.data(), size_at(x, 0), size_at(x, 1), size_at(x, 1)};
}

MatrixView<float> view_out(F32Array& y) {
  return {y.mutable_data(), size_at(y, 0), size_at(y, 1), size_at(y, 1)};
}

F32Array linear_s8_array(const F32Array& x, const S8Array& packed, const F32Array& column_scales,
                         const F32Array& bias, std::size_t columns, const std::string& activation,
                         float alpha) {
  expect_shape("x", x, {kAnySize, kAnySize});
  const std::size_t rows = size_at(x, 0), depth = size_at(x, 1);
  expect_shape("packed", packed, packed_s8_shape(depth, columns));
  expect_shape("column_scales", column_scales, per_column_shape(columns));
  expect_shape("bias", bias, per_column_shape(columns));

  const FloatEnvironment float_environment;
  std::vector<std::int32_t> sums(padded_columns(columns));
  sum_columns({packed.data(), depth, columns}, sums.data());
  const LinearS8 layer = {{packed.data(), depth, columns},
                          column_scales.data(),
                          bias.data(),
                          sums.data(),
                          elementwise_named(activation),
                          alpha};
  const Execution execution = current_execution();
  const AlignedBuffer scratch(linear_s8_scratch_bytes(layer, rows, execution));
  F32Array y({rows, columns});
  linear_s8(layer, view(x), view_out(y), scratch.data(), execution);
  return y;
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

}  // namespace

void register_matmul(py::module_& kernels) {
  kernels.def("linear_s8", linear_s8_array, py::arg("x").noconvert(), py::arg("packed").noconvert(),
              py::arg("column_scales").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f);
  kernels.def("linear_f32", linear_f32_array, py::arg("x").noconvert(),
              py::arg("packed").noconvert(), py::arg("bias").noconvert(), py::arg("columns"),
              py::arg("activation") = "identity", py::arg("alpha") = 0.0f);
}

}  // namespace fourfold
