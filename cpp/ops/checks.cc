#include "ops/checks.h"

#include "base/check.h"

namespace fourfold {

void expect_inputs(const OpRequest& request, std::initializer_list<const char*> names) {
  if (request.inputs.size() == names.size()) return;
  std::string all;
  for (const char* name : names)
    all += (all.empty() ? "" : ", ") + std::string(name);
  refuse_value("expected ", names.size(), " inputs (", all, "), received ", request.inputs.size());
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
