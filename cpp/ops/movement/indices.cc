#include "ops/movement/indices.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "ops/movement/strided_copy.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

std::int64_t checked_index(std::int64_t index, std::int64_t size) {
  if (index < -size || index >= size) {
    refuse_value("indices: expected ", -size, " to ", size - 1, " for an axis of size ", size,
                 ", received ", index);
  }
  return index < 0 ? index + size : index;
}

// Calls visit(values) with the indices as int32 or int64.
template <class Visit>
void visit_indices(const Tensor& indices, const Visit& visit) {
  if (indices.type.dtype == DType::kS64) return visit(indices.values<std::int64_t>());
  visit(indices.values<std::int32_t>());
}

template <std::size_t kBytes>
void gather_small(const std::byte* from, Places places, std::size_t count, std::byte* to) {
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(to + i * kBytes, from + static_cast<std::size_t>(places[i]) * kBytes, kBytes);
}

}  // namespace

void expect_indices(const TensorType& indices) {
  if (indices.dtype == DType::kS64 || indices.dtype == DType::kS32) return;
  refuse_value("indices: expected int32 or int64, received ", type_text(indices));
}

void expect_element_indices(const TensorType& indices, const Shape& x, std::size_t axis) {
  expect_indices(indices);
  bool fits = indices.shape.rank() == x.rank();
  for (std::size_t k = 0; fits && k < x.rank(); ++k)
    fits = k == axis || indices.shape[k] <= x[k];
  if (fits) return;
  refuse_value("indices: expected at most x's sizes ", shape_text(x), " along all axes but ", axis,
               ", received ", shape_text(indices.shape));
}

Shape expect_vector_indices(const TensorType& indices, const Shape& x, std::size_t batch_dims) {
  expect_indices(indices);
  const Shape& shape = indices.shape;
  bool fits = shape.rank() > batch_dims && x.rank() > batch_dims;
  for (std::size_t k = 0; fits && k < batch_dims; ++k)
    fits = shape[k] == x[k];
  const auto most = static_cast<std::int64_t>(x.rank()) - static_cast<std::int64_t>(batch_dims);
  if (!fits || shape.last() < 0 || shape.last() > most) {
    refuse_value("indices: expected vectors of at most ", most, " for x ", shape_text(x), " after ",
                 batch_dims, " equal axes, received ", shape_text(shape));
  }
  Shape picked;
  for (std::size_t k = 0; k + 1 < shape.rank(); ++k)
    picked.append(shape[k]);
  for (std::size_t k = batch_dims + static_cast<std::size_t>(shape.last()); k < x.rank(); ++k)
    picked.append(x[k]);
  return picked;
}

void find_places(const Tensor& indices, std::size_t size, std::int64_t* places) {
  visit_indices(indices, [&](const auto* values) {
    const std::size_t count = element_count(indices.shape());
    for (std::size_t i = 0; i < count; ++i)
      places[i] = checked_index(values[i], static_cast<std::int64_t>(size));
  });
}

void find_element_places(const Tensor& indices, const Shape& x, std::size_t axis,
                         std::int64_t* places, const Execution& execution) {
  const std::size_t columns = static_cast<std::size_t>(indices.shape().last());
  const Strides strides = contiguous_strides(x);
  const std::size_t last = x.rank() - 1;
  visit_indices(indices, [&](const auto* values) {
    share_out(element_count(indices.shape()) / columns, columns, execution, [&](Range rows) {
      for (std::size_t row = rows.begin; row < rows.end; ++row) {
        std::int64_t first = 0;
        for (std::size_t k = last, rest = row; k-- > 0; rest /= indices.size(k)) {
          if (k != axis) first += static_cast<std::int64_t>(rest % indices.size(k)) * strides[k];
        }
        for (std::size_t column = 0; column < columns; ++column) {
          const std::size_t i = row * columns + column;
          const std::int64_t along = axis == last ? 0 : static_cast<std::int64_t>(column);
          places[i] = first + along + checked_index(values[i], x[axis]) * strides[axis];
        }
      }
    });
  });
}

std::size_t vector_count(const Shape& indices) {
  Shape without_last = indices;
  without_last.set(indices.rank() - 1, 1);
  return element_count(without_last);
}

void find_vector_places(const Tensor& indices, const Shape& x, std::size_t batch_dims,
                        std::int64_t* places) {
  const std::size_t length = static_cast<std::size_t>(indices.shape().last());
  const std::size_t count = vector_count(indices.shape());
  std::size_t batches = 1;
  for (std::size_t axis = 0; axis < batch_dims; ++axis)
    batches *= indices.size(axis);
  visit_indices(indices, [&](const auto* values) {
    for (std::size_t i = 0; i < count; ++i) {
      auto place = static_cast<std::int64_t>(i / (count / batches));
      for (std::size_t k = 0; k < length; ++k) {
        const std::int64_t size = x[batch_dims + k];
        place = place * size + checked_index(values[i * length + k], size);
      }
      places[i] = place;
    }
  });
}

// A run of one element is a load and a store, of more a call of memcpy.
void gather_range(const std::byte* from, Places places, std::size_t count, std::size_t run_bytes,
                  std::byte* to) {
  switch (run_bytes) {
    case 1:
      return gather_small<1>(from, places, count, to);
    case 2:
      return gather_small<2>(from, places, count, to);
    case 4:
      return gather_small<4>(from, places, count, to);
    case 8:
      return gather_small<8>(from, places, count, to);
    default:
      break;
  }
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(to + i * run_bytes, from + static_cast<std::size_t>(places[i]) * run_bytes,
                run_bytes);
}

void gather_runs(const void* from, Places places, std::size_t count, std::size_t run_bytes,
                 void* to, const Execution& execution) {
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  const std::size_t words = std::max<std::size_t>(run_bytes / sizeof(float), 1);
  share_out(count, words, execution, [&](Range part) {
    gather_range(source, places + part.begin, part.end - part.begin, run_bytes,
                 target + part.begin * run_bytes);
  });
}

}  // namespace fourfold
