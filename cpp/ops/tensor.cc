#include "ops/tensor.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace fourfold {
namespace {

// 64 TiB: more than any machine has, and little enough that the sizes of all the values of a
// program can be added up.
constexpr std::size_t kMaxElements = std::size_t{1} << 44;

}  // namespace

Shape::Shape(std::initializer_list<std::int64_t> sizes) {
  for (const std::int64_t size : sizes)
    append(size);
}

void Shape::append(std::int64_t size) {
  if (rank_ == kMaxRank) refuse_value("expected at most ", kMaxRank, " dimensions, received more");
  sizes_[rank_++] = size;
}

bool operator==(const Shape& a, const Shape& b) {
  return a.rank_ == b.rank_ &&
         std::equal(a.sizes_.begin(), a.sizes_.begin() + a.rank_, b.sizes_.begin());
}

bool compatible(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank()) return false;
  for (std::size_t axis = 0; axis < a.rank(); ++axis) {
    if (a[axis] != b[axis] && a[axis] != kAnySize && b[axis] != kAnySize) return false;
  }
  return true;
}

std::size_t element_count(const Shape& shape) {
  std::size_t count = 1;
  bool empty = false;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    const std::size_t size = static_cast<std::size_t>(shape[axis]);
    empty |= size == 0;
    if (size > kMaxElements / std::max<std::size_t>(count, 1)) {
      refuse_value("a tensor of shape ", shape_text(shape), " is too large");
    }
    count *= std::max<std::size_t>(size, 1);
  }
  return empty ? 0 : count;
}

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (axis > 0) text += ", ";
    const bool known = shape[axis] != kAnySize;
    text += known ? std::to_string(shape[axis]) : axis == 0 ? "rows" : "any";
  }
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::string type_text(const TensorType& type) {
  return dtype_name(type.dtype) + (" " + shape_text(type.shape));
}

std::size_t byte_count(const TensorType& type) {
  return element_count(type.shape) * dtype_bytes(type.dtype);
}

void copy_bytes(const Tensor& from, const Tensor& to) {
  const std::size_t bytes = byte_count(to.type);
  if (bytes > 0 && from.data != to.data) std::memcpy(to.data, from.data, bytes);
}

}  // namespace fourfold
