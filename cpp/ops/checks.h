// Checks that most ops share.
#pragma once

#include "ops/op.h"

namespace fourfold {

// Far above any real layer, and small enough that no product of two sizes overflows.
inline constexpr std::size_t kMaxColumns = std::size_t{1} << 30;

// The request has one input for each name, and those before `optional` are present.
void expect_inputs(const OpRequest& request, std::initializer_list<const char*> names,
                   std::size_t optional);
inline void expect_inputs(const OpRequest& request, std::initializer_list<const char*> names) {
  expect_inputs(request, names, names.size());
}

// The elements of an int64 vector whose data is known (Op::needed_values); int32 will do, and so will
// a single number that is no vector.
std::vector<std::int64_t> expect_integers(const char* name, const Tensor& tensor);

// The one element of an int64 tensor whose data is known; int32 will do.
std::int64_t expect_integer(const char* name, const Tensor& tensor);

// An axis of a tensor of this rank, counted from the end if negative, as one from 0 to rank - 1.
std::size_t checked_axis(const char* name, std::int64_t axis, std::size_t rank);

// `type` has this element type, this rank, and these sizes where both are known.
void expect_type(const char* name, const TensorType& type, const TensorType& expected);

// As expect_type, of an input that never changes; returns its data.
const void* expect_constant(const char* name, const OpInput& input, const TensorType& expected);

// float32 of any rank >= 1.
void expect_rows(const char* name, const TensorType& type);

}  // namespace fourfold
