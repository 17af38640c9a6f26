// The limits of limits/, as a contender takes them. Nothing under scalar, which has none.
#pragma once

#include "bench.h"
#include "limits/dot/dot.h"
#include "limits/vector/vector.h"

namespace fourfold {

// In operations.
inline Limit multiply_limit_s8(Isa isa) {
  const DotLimit* limit = dot_limit(isa);
  if (limit == nullptr) return {};
  const double work = static_cast<double>(limit->operations_per_step) * kDotSteps;
  return {limit->instruction, work, limit->run};
}

inline Limit multiply_limit_f32(Isa isa) {
  const VectorLimits* limits = vector_limits(isa);
  if (limits == nullptr) return {};
  const double work = static_cast<double>(limits->operations_per_step) * kFmaSteps;
  return {"fma", work, limits->fma};
}

// In bytes: reading the operand itself, which the caller keeps alive: the pages that it happens to
// lie on decide what L2 and L3 give. From beyond L2, with prefetches.
inline Limit read_limit(Isa isa, const void* data, std::size_t bytes, bool beyond_l2 = false) {
  const VectorLimits* limits = vector_limits(isa);
  if (limits == nullptr) return {};
  constexpr std::size_t kStep = 256;
  const std::size_t count = bytes / sizeof(std::int32_t) / kStep * kStep;
  const auto* from = static_cast<const std::int32_t*>(data);
  return {"streaming read", static_cast<double>(count * sizeof(std::int32_t)),
          [=] { beyond_l2 ? limits->read_ahead(from, count) : limits->read(from, count); }};
}

}  // namespace fourfold
