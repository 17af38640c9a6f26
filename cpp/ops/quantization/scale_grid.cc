#include "ops/quantization/scale_grid.h"

#include <algorithm>

#include "base/check.h"
#include "ops/checks.h"

namespace fourfold {
namespace {

// Elements of a run where one scale is for all: enough to spread what a run costs, few enough to
// share out.
constexpr std::size_t kRun = 4096;

std::size_t ceil_of(std::size_t size, std::size_t step) {
  return size / step + (size % step != 0 ? 1 : 0);
}

[[noreturn]] void refuse_scale(const Shape& x, const Shape& scale, const char* expected) {
  refuse_value("scale: expected ", expected, " of x ", shape_text(x), ", received ",
               shape_text(scale));
}

}  // namespace

void check_zero_points(const Tensor& zero, const Tensor& scale, DType dtype) {
  if (!zero.present) return;
  const bool single = element_count(scale.shape()) == 1 && element_count(zero.shape()) == 1;
  expect_type("zero", zero.type, {dtype, single ? zero.shape() : scale.shape()});
}

ScaleGrid::ScaleGrid(const Shape& x, const Shape& scale, std::int64_t axis, std::int64_t block_size)
    : kind_(block_size > 0                                   ? Kind::kByBlock
            : scale.rank() <= 1 && element_count(scale) == 1 ? Kind::kOne
                                                             : Kind::kByAxis) {
  if (kind_ == Kind::kOne) {
    split_.inner = element_count(x);
    run_ = std::min(split_.inner, kRun);
    runs_ = ceil_of(split_.inner, kRun);
    return;
  }
  const std::size_t at = checked_axis("axis", axis, x.rank());
  split_ = split_at_axis(x, at);
  if (kind_ == Kind::kByAxis) {
    if (!(scale == Shape{x[at]}))
      refuse_scale(x, scale, "one value, or one for each index of the axis");
    run_ = split_.inner == 1 ? split_.size : split_.inner;
    runs_ = split_.inner == 1 ? split_.outer : split_.outer * split_.size;
    return;
  }
  block_ = static_cast<std::size_t>(block_size);
  blocks_ = ceil_of(split_.size, block_);
  Shape expected = x;
  expected.set(at, static_cast<std::int64_t>(blocks_));
  if (!(scale == expected)) refuse_scale(x, scale, "one value for each block");
  run_ = split_.inner == 1 ? std::min(block_, split_.size) : split_.inner;
  runs_ = split_.outer * (split_.inner == 1 ? blocks_ : split_.size);
}

ScaleGrid::Run ScaleGrid::run(std::size_t index) const {
  if (kind_ == Kind::kOne) {
    const std::size_t start = index * kRun;
    return {start, std::min(kRun, split_.inner - start), 0, true};
  }
  if (kind_ == Kind::kByAxis) {
    const bool each = split_.inner == 1;
    return {index * run_, run_, each ? 0 : index % split_.size, !each};
  }
  if (split_.inner == 1) {
    const std::size_t row = index / blocks_, first = index % blocks_ * block_;
    return {row * split_.size + first, std::min(block_, split_.size - first), index, true};
  }
  const std::size_t row = index / split_.size, block = index % split_.size / block_;
  return {index * run_, run_, (row * blocks_ + block) * split_.inner, false};
}

}  // namespace fourfold
