#include "ops/stored_s8.h"

#include <memory>

#include "base/check.h"
#include "ops/checks.h"
#include "ops/packed_shapes.h"

namespace fourfold {
namespace {

TensorType with_matrices(DType dtype, const Shape& matrices, const Shape& shape) {
  Shape all = matrices;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    all.append(shape[axis]);
  return {dtype, all};
}

std::unique_ptr<AlignedBuffer> packed_from(const StoredS8& stored, std::size_t matrices) {
  const StoredS8Sizes& sizes = stored.sizes;
  auto fresh = std::make_unique<AlignedBuffer>(matrices * sizes.packed_bytes());
  auto* packed = reinterpret_cast<std::int8_t*>(fresh->data());
  const std::size_t all = sizes.all_columns();
  for (std::size_t matrix = 0; matrix < matrices; ++matrix) {
    const std::int8_t* plain = stored.data + matrix * sizes.depth * all;
    for (std::size_t block = 0; block < sizes.blocks; ++block) {
      pack_s8_columns({plain + block * sizes.columns, sizes.depth, sizes.columns, all}, packed);
      packed += packed_s8_bytes(sizes.depth, sizes.columns);
    }
  }
  return fresh;
}

}  // namespace

std::size_t StoredS8Sizes::packed_columns() const {
  return blocks * padded_columns(columns);
}

std::size_t StoredS8Sizes::packed_bytes() const {
  return packed_s8_bytes(depth, packed_columns());
}

TensorType StoredS8::per_column() const {
  return with_matrices(DType::kF32, sizes.matrices, {signed_size(stored_columns())});
}

StoredS8 expect_stored_s8(const char* name, const TensorType& type, const StoredS8Sizes& sizes) {
  const auto type_of = [&](const Shape& shape) {
    return with_matrices(DType::kS8, sizes.matrices, shape);
  };
  const TensorType packed = type_of(packed_s8_shape(sizes.depth, sizes.packed_columns()));
  const TensorType plain = type_of(plain_s8_shape(sizes.depth, sizes.all_columns()));
  const bool is_plain = compatible(type.shape, plain.shape);
  if (type.dtype != DType::kS8 || !(is_plain || compatible(type.shape, packed.shape))) {
    refuse_value(name, ": expected ", type_text(packed), " or ", type_text(plain), ", received ",
                 type_text(type));
  }
  return {nullptr, is_plain, sizes};
}

StoredS8 expect_stored_s8(const char* name, const OpInput& input, const StoredS8Sizes& sizes) {
  const auto* data = static_cast<const std::int8_t*>(expect_constant(name, input, input.type));
  StoredS8 stored = expect_stored_s8(name, input.type, sizes);
  stored.data = data;
  return stored;
}

const std::int8_t* WeightS8::packed() const {
  if (!stored_.is_plain) return stored_.data;
  const AlignedBuffer& all = packed_.get([this] { return packed_from(stored_, matrices()); });
  return reinterpret_cast<const std::int8_t*>(all.data());
}

const std::int32_t* WeightS8::column_sums() const {
  const auto& sums = column_sums_.get([this] {
    const std::size_t columns = matrices() * stored_.sizes.packed_columns();
    auto fresh = std::make_unique<std::vector<std::int32_t>>(columns);
    sum_columns({packed(), stored_.sizes.depth, columns}, fresh->data());
    return fresh;
  });
  return sums.data();
}

}  // namespace fourfold
