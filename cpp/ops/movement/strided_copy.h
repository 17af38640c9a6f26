// The copy under transpose, slice, concat, split, expand, tile, pad: element by element from one
// layout to another.
//
// Axes that lie one behind the other on both sides become one axis. What is contiguous on both
// sides is moved with memcpy, what is contiguous along different axes in square tiles, so that a
// permutation of axes reads and writes whole cache lines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "matmul/execution.h"
#include "ops/tensor.h"

namespace fourfold {

class StridedCopy {
 public:
  // From the first element of one layout to the first of another; both are of `element_bytes`, a
  // power of two up to 8. With no axis it copies one element.
  StridedCopy(std::size_t element_bytes, const void* from, void* to);

  // The next axis, in the order in which `to` lies in memory: its size, and how many elements
  // apart its neighbours are on each side. A stride of `from` may be negative, or 0 to repeat.
  void add_axis(std::size_t size, std::ptrdiff_t from_stride, std::ptrdiff_t to_stride);

  // Copies all elements. The two sides do not overlap.
  void run(const Execution& execution);

  // Twice the axes of a tensor: tile repeats each.
  static constexpr std::size_t kMaxAxes = 2 * kMaxRank;

 private:
  struct Axis {
    std::size_t size;
    std::ptrdiff_t from_stride;  // in bytes
    std::ptrdiff_t to_stride;
  };

  void widen_elements();
  Axis take_columns();
  Axis take_rows(const Axis& columns);

  std::size_t element_bytes_;
  const std::byte* from_;
  std::byte* to_;
  std::array<Axis, kMaxAxes> axes_{};
  std::size_t rank_ = 0;
  bool empty_ = false;
};

// The number of elements between neighbours along each axis of a C-contiguous tensor.
using Strides = std::array<std::ptrdiff_t, kMaxRank>;
Strides contiguous_strides(const Shape& shape);

// One side of a copy: a tensor's data from one of its elements on, and how far apart, in elements,
// neighbours along each axis are.
struct Layout {
  std::byte* first;
  Strides strides;
};
Layout layout_of(const Tensor& tensor);

// Moves where a layout of these elements begins by `count` places along an axis.
void move_along(Layout& layout, std::size_t axis, std::ptrdiff_t count, std::size_t element_bytes);

// StridedCopy of a box of `sizes` elements.
void copy_box(const Shape& sizes, std::size_t element_bytes, const Layout& from, const Layout& to,
              const Execution& execution);

// The same element `value` all over the box.
void fill_box(const Shape& sizes, std::size_t element_bytes, const void* value, const Layout& to,
              const Execution& execution);

}  // namespace fourfold
