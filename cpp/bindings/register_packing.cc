#include <algorithm>

#include "base/check.h"
#include "bindings/arrays.h"
#include "bindings/registers.h"
#include "matmul/packed_weights.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

void expect_weight_s8(const S8Array& weight) {
  expect_shape("weight", weight, {kAnySize, kAnySize});
  const std::int8_t* values = weight.data();
  if (std::find(values, values + weight.size(), std::int8_t{-128}) != values + weight.size()) {
    refuse_value("weight: expected values from -127 to 127, received -128");
  }
}

py::array pack_s8_array(const S8Array& weight) {
  expect_weight_s8(weight);
  const std::size_t depth = size_at(weight, 0), columns = size_at(weight, 1);
  py::array packed = make_aligned_array({DType::kS8, packed_s8_shape(depth, columns)});
  pack_s8(weight.data(), depth, columns, static_cast<std::int8_t*>(packed.mutable_data()));
  return packed;
}

Shape stored_shape(std::size_t depth, std::size_t columns) {
  return is_stored_plain(depth, columns) ? plain_s8_shape(depth, columns)
                                         : packed_s8_shape(depth, columns);
}

py::tuple stored_s8_shape(std::size_t depth, std::size_t columns) {
  return py::tuple(py::cast(sizes_of(stored_shape(depth, columns))));
}

S8Array unpack_s8_array(const S8Array& packed, std::size_t depth, std::size_t columns) {
  expect_shape("packed", packed, packed_s8_shape(depth, columns));
  S8Array weight({depth, columns});
  unpack_s8({packed.data(), depth, columns}, weight.mutable_data());
  return weight;
}

py::array pack_f32_array(const F32Array& weight) {
  expect_shape("weight", weight, {kAnySize, kAnySize});
  const std::size_t depth = size_at(weight, 0), columns = size_at(weight, 1);
  py::array packed = make_aligned_array({DType::kF32, packed_f32_shape(depth, columns)});
  pack_f32(weight.data(), depth, columns, static_cast<float*>(packed.mutable_data()));
  return packed;
}

F32Array unpack_f32_array(const F32Array& packed, std::size_t depth, std::size_t columns) {
  expect_shape("packed", packed, packed_f32_shape(depth, columns));
  F32Array weight({depth, columns});
  unpack_f32({packed.data(), depth, columns}, weight.mutable_data());
  return weight;
}

}  // namespace

void register_packing(py::module_& module) {
  module.def("pack_s8", pack_s8_array, py::arg("weight").noconvert());
  module.def("unpack_s8", unpack_s8_array, py::arg("packed").noconvert(), py::arg("depth"),
             py::arg("columns"));
  module.def("stored_s8_shape", stored_s8_shape, py::arg("depth"), py::arg("columns"));
  module.def("pack_f32", pack_f32_array, py::arg("weight").noconvert());
  module.def("unpack_f32", unpack_f32_array, py::arg("packed").noconvert(), py::arg("depth"),
             py::arg("columns"));
}

}  // namespace fourfold
