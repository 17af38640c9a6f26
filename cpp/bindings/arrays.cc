#include "bindings/arrays.h"

#include "base/aligned_buffer.h"
#include "base/check.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;

py::dtype numpy_dtype(DType dtype) {
  if (dtype == DType::kF32) return py::dtype::of<float>();  // the quick way, for most calls
  return py::dtype(dtype == DType::kBF16 ? "uint16" : dtype_name(dtype));
}

bool has_dtype(const py::array& array, DType dtype) {
  return py::detail::npy_api::get().PyArray_EquivTypes_(array.dtype().ptr(),
                                                        numpy_dtype(dtype).ptr());
}

// The very array if the engine can read it where it lies. Tens of nanoseconds: no object is made.
bool is_ready(py::handle argument, DType dtype) {
  if (dtype == DType::kF32 && !py::array_t<float, py::array::c_style>::check_(argument)) {
    return false;
  }
  if (!py::isinstance<py::array>(argument)) return false;
  const auto array = py::reinterpret_borrow<py::array>(argument);
  constexpr int kReady = kAligned | py::array::c_style;
  return (array.flags() & kReady) == kReady && (dtype == DType::kF32 || has_dtype(array, dtype));
}

py::array convert(const py::array& array, DType dtype) {
  constexpr int kFlags = py::array::c_style | kAligned | py::array::forcecast;
  if (dtype == DType::kF32) return py::array_t<float, kFlags>(array);
  return py::reinterpret_steal<py::array>(py::detail::npy_api::get().PyArray_FromAny_(
      array.ptr(), numpy_dtype(dtype).release().ptr(), 0, 0, kFlags, nullptr));
}

// float32 takes every real number; the others nothing but themselves, because more would not fit.
void check_kind(const py::array& array, const InputSpec& input) {
  const bool is_f32 = input.type.dtype == DType::kF32;
  const bool real = std::string("fiub").find(array.dtype().kind()) != std::string::npos;
  if (is_f32 ? real : has_dtype(array, input.type.dtype)) return;
  refuse_kind(input.name, ": expected ",
              is_f32 ? "real numbers (float32)" : dtype_name(input.type.dtype), ", received dtype ",
              py::str(array.dtype()).cast<std::string>());
}

}  // namespace

Shape shape_of(const py::array& array) {
  Shape shape;
  for (py::ssize_t axis = 0; axis < array.ndim(); ++axis)
    shape.append(array.shape(axis));
  return shape;
}

const void* borrow_input(py::handle argument, const InputSpec& input, Shape& shape,
                         std::vector<py::object>& converted) {
  auto array = py::reinterpret_borrow<py::array>(argument);
  if (!is_ready(argument, input.type.dtype)) {
    array = py::array(py::reinterpret_borrow<py::object>(argument));
    check_kind(array, input);
    array = convert(array, input.type.dtype);
    converted.push_back(array);
  }
  if (static_cast<std::size_t>(array.ndim()) > kMaxRank) {
    refuse_value(input.name, ": expected shape ", shape_text(input.type.shape), ", received ",
                 array.ndim(), " dimensions");
  }
  shape = shape_of(array);
  return array.data();
}

ConstantSpec borrow_constant(const py::array& array, std::size_t number) {
  if (static_cast<std::size_t>(array.ndim()) > kMaxRank) {
    refuse_value("constant ", number, ": expected at most ", kMaxRank, " dimensions");
  }
  for (const DType dtype : kAllDTypes) {
    if (is_ready(array, dtype)) return {{dtype, shape_of(array)}, array.data()};
  }
  refuse_value("constant ", number,
               ": expected a C-contiguous, aligned array of numbers or booleans, received dtype ",
               py::str(array.dtype()).cast<std::string>(), ", shape ", shape_text(shape_of(array)));
}

std::vector<py::ssize_t> sizes_of(const Shape& shape) {
  std::vector<py::ssize_t> sizes;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    sizes.push_back(static_cast<py::ssize_t>(shape[axis]));
  }
  return sizes;
}

py::array make_array(const TensorType& type) {
  return py::array(numpy_dtype(type.dtype), sizes_of(type.shape));
}

py::array make_aligned_array(const TensorType& type) {
  auto buffer = std::make_unique<AlignedBuffer>(byte_count(type));
  const void* data = buffer->data();
  const py::capsule owner(buffer.release(),
                          [](void* owned) { delete static_cast<AlignedBuffer*>(owned); });
  return py::array(numpy_dtype(type.dtype), sizes_of(type.shape), data, owner);
}

void expect_shape(const char* name, const py::array& array, const Shape& expected) {
  if (static_cast<std::size_t>(array.ndim()) <= kMaxRank) {
    const Shape received = shape_of(array);
    if (compatible(received, expected)) return;
    refuse_value(name, ": expected shape ", shape_text(expected), ", received ",
                 shape_text(received));
  }
  refuse_value(name, ": expected shape ", shape_text(expected), ", received ", array.ndim(),
               " dimensions");
}

RowsAndScales result_rows_and_scales(const std::optional<RowsAndScales>& out, std::size_t rows,
                                     std::size_t columns) {
  if (!out) return {S8Array({rows, columns}), F32Array(signed_size(rows))};
  expect_shape("out[0]", out->first, {signed_size(rows), signed_size(columns)});
  expect_shape("out[1]", out->second, {signed_size(rows)});
  return *out;
}

}  // namespace fourfold
