#include "ops/checks.h"

#include "base/check.h"

namespace fourfold {
namespace {

constexpr std::size_t kMaxIntegers = 65536;  // sizes of the pieces of a split; axes are a few

}  // namespace

void expect_inputs(const OpRequest& request, std::initializer_list<const char*> names,
                   std::size_t optional) {
  if (request.inputs.size() != names.size()) {
    std::string all;
    for (const char* name : names)
      all += (all.empty() ? "" : ", ") + std::string(name);
    refuse_value("expected ", names.size(), " inputs (", all, "), received ",
                 request.inputs.size());
  }
  for (std::size_t i = 0; i < optional; ++i) {
    if (!request.inputs[i].present) refuse_value(names.begin()[i], ": expected a value, not none");
  }
}

std::vector<std::int64_t> expect_integers(const char* name, const Tensor& tensor) {
  const std::size_t count = tensor.rank() > 1 ? kMaxIntegers + 1 : element_count(tensor.shape());
  if (count <= kMaxIntegers && tensor.type.dtype == DType::kS64) {
    const auto* values = tensor.values<std::int64_t>();
    return {values, values + count};
  }
  if (count <= kMaxIntegers && tensor.type.dtype == DType::kS32) {
    const auto* values = tensor.values<std::int32_t>();
    return {values, values + count};
  }
  refuse_value(name, ": expected a vector of int64, received ", type_text(tensor.type));
}

std::int64_t expect_integer(const char* name, const Tensor& tensor) {
  const bool single = element_count(tensor.shape()) == 1;
  if (single && tensor.type.dtype == DType::kS64) return *tensor.values<std::int64_t>();
  if (single && tensor.type.dtype == DType::kS32) return *tensor.values<std::int32_t>();
  refuse_value(name, ": expected one int64, received ", type_text(tensor.type));
}

std::size_t checked_axis(const char* name, std::int64_t axis, std::size_t rank) {
  const auto signed_rank = static_cast<std::int64_t>(rank);
  if (axis < -signed_rank || axis >= signed_rank) {
    refuse_value(name, ": expected an axis of ", rank, " dimensions, received ", axis);
  }
  return static_cast<std::size_t>(axis < 0 ? axis + signed_rank : axis);
}

void expect_type(const char* name, const TensorType& type, const TensorType& expected) {
  if (type.dtype == expected.dtype && compatible(type.shape, expected.shape)) return;
  refuse_value(name, ": expected ", type_text(expected), ", received ", type_text(type));
}

const void* expect_constant(const char* name, const OpInput& input, const TensorType& expected) {
  if (input.constant == nullptr) refuse_value(name, ": expected a constant, received a value");
  expect_type(name, input.type, expected);
  return input.constant;
}

void expect_rows(const char* name, const TensorType& type) {
  if (type.dtype == DType::kF32 && type.shape.rank() >= 1) return;
  refuse_value(name, ": expected float32 of at least one dimension, received ", type_text(type));
}

}  // namespace fourfold
