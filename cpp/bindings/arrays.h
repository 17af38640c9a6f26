// NumPy arrays in and out. Checks and conversions are here; nothing is computed.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <utility>
#include <vector>

#include "engine/program.h"

namespace fourfold {

namespace py = pybind11;

using F32Array = py::array_t<float, py::array::c_style>;
using S8Array = py::array_t<std::int8_t, py::array::c_style>;
using S32Array = py::array_t<std::int32_t, py::array::c_style>;
using U64Array = py::array_t<std::uint64_t, py::array::c_style>;

// One argument of a program as the engine takes it: C-contiguous, aligned, of the input's dtype.
// float32 inputs take whatever np.asarray makes real numbers of; the copy, if one was needed, goes
// to `converted`, which must live as long as the data is used. The shape is not checked.
// TypeError, naming the input and the dtype, for anything else.
const void* borrow_input(py::handle argument, const InputSpec& input, Shape& shape,
                         std::vector<py::object>& converted);

// A constant, which is read in place for as long as the program lives: never converted.
ConstantSpec borrow_constant(const py::array& array, std::size_t number);

inline std::size_t size_at(const py::array& array, py::ssize_t axis) {
  return static_cast<std::size_t>(array.shape(axis));
}

Shape shape_of(const py::array& array);
std::vector<py::ssize_t> sizes_of(const Shape& shape);

py::array make_array(const TensorType& type);

// An uninitialised array on a 64-byte boundary, for packed weights.
py::array make_aligned_array(const TensorType& type);

// ValueError unless the array has this shape, where -1 is any size.
void expect_shape(const char* name, const py::array& array, const Shape& expected);

// What a kernel writes to: `out` if the caller gave one, which must have this shape, or else a new
// array. NumPy refuses the mutable data of an array that is read-only.
template <class Array>
Array result_array(const char* name, const std::optional<Array>& out, const Shape& shape) {
  if (!out) return Array(sizes_of(shape));
  expect_shape(name, *out, shape);
  return *out;
}

// The same for rows of int8 and one scale each.
using RowsAndScales = std::pair<S8Array, F32Array>;
RowsAndScales result_rows_and_scales(const std::optional<RowsAndScales>& out, std::size_t rows,
                                     std::size_t columns);

}  // namespace fourfold
