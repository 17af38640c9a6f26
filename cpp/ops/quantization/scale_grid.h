// Which scale belongs to which element: one for all, one for each index of an axis, or one for each
// block along an axis.
//
// Elements are cut into runs, each with one scale, or with as many as it has elements.
//
//   scale of one element (any rank)             all of x
//   scale [size of the axis]                    x[.., i, ..] by scale[i]
//   block_size B, scale as x but with           x[.., i, ..] by scale[.., i / B, ..]
//     ceil(size / B) on the axis
#pragma once

#include <cstddef>
#include <cstdint>

#include "ops/axis_split.h"
#include "ops/tensor.h"

namespace fourfold {

// Refuses a zero that is not of this type, with as many values as scale: in the same shape, but that
// one value may have any, as there are exporters which write [] beside [1].
void check_zero_points(const Tensor& zero, const Tensor& scale, DType dtype);

class ScaleGrid {
 public:
  struct Run {
    std::size_t start;  // its first element
    std::size_t count;
    std::size_t scale;  // the first element's scale
    bool single;        // all its elements have that one
  };

  // Throws std::invalid_argument if `scale` is none of the above for x; block_size 0: no blocks.
  ScaleGrid(const Shape& x, const Shape& scale, std::int64_t axis, std::int64_t block_size);

  std::size_t runs() const { return runs_; }
  std::size_t longest_run() const { return run_; }
  Run run(std::size_t index) const;

 private:
  enum class Kind { kOne, kByAxis, kByBlock };

  Kind kind_;
  AxisSplit split_ = {1, 0, 1};
  std::size_t block_ = 1;   // elements along the axis
  std::size_t blocks_ = 1;  // along the axis
  std::size_t run_;
  std::size_t runs_;
};

}  // namespace fourfold
