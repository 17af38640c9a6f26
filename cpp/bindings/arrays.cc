#include "bindings/arrays.h"

#include "base/aligned_buffer.h"
#include "base/check.h"

namespace fourfold {
namespace {

constexpr int kAligned = py::detail::npy_api::NPY_ARRAY_ALIGNED_;

Shape shape_of(const py::array& array) {
  Shape shape;
  for (py::ssize_t axis = 0; axis < array.ndim(); ++axis)
    shape.append(array.shape(axis));
  return shape;
}

// The very array if the engine can read it where it lies. Tens of nanoseconds: no object is made.
template <class T>
bool is_ready(py::handle argument) {
  return py::array_t<T, py::array::c_style>::check_(argument) &&
         (py::reinterpret_borrow<py::array>(argument).flags() & kAligned) != 0;
}

bool is_ready(py::handle argument, DType dtype) {
  return dtype == DType::kF32 ? is_ready<float>(argument) : is_ready<std::int8_t>(argument);
}

py::array convert(const py::array& array, DType dtype) {
  constexpr int kFlags = py::array::c_style | kAligned | py::array::forcecast;
  if (dtype == DType::kF32) return py::array_t<float, kFlags>(array);
  return py::array_t<std::int8_t, kFlags>(array);
}

// float32 takes every real number; int8 nothing but int8, because the others would not fit.
void check_kind(const py::array& array, const InputSpec& input) {
  const py::dtype dtype = array.dtype();
  const bool real = std::string("fiub").find(dtype.kind()) != std::string::npos;
  const bool fits =
      input.type.dtype == DType::kF32 ? real : dtype.kind() == 'i' && dtype.itemsize() == 1;
  if (fits) return;
  refuse_kind(input.name, ": expected ",
              input.type.dtype == DType::kF32 ? "real numbers (float32)" : "int8",
              ", received dtype ", py::str(dtype).cast<std::string>());
}

std::vector<py::ssize_t> sizes_of(const Shape& shape) {
  std::vector<py::ssize_t> sizes;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    sizes.push_back(static_cast<py::ssize_t>(shape[axis]));
  }
  return sizes;
}

py::dtype numpy_dtype(DType dtype) {
  return dtype == DType::kF32 ? py::dtype::of<float>() : py::dtype::of<std::int8_t>();
}

}  // namespace

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
  for (const DType dtype : {DType::kF32, DType::kS8}) {
    if (is_ready(array, dtype)) return {{dtype, shape_of(array)}, array.data()};
  }
  refuse_value("constant ", number,
               ": expected a C-contiguous, aligned array of float32 or int8, received dtype ",
               py::str(array.dtype()).cast<std::string>(), ", shape ", shape_text(shape_of(array)));
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

}  // namespace fourfold
