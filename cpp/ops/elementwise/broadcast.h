// NumPy broadcasting: the shape rule, and the loops over an output and the inputs spread over it.
//
// Neighbouring axes along which every input moves in one stride are one loop, axes of size 1 none.
// The innermost loop left is a row: there each input is contiguous, or a single element. So an
// elementwise op needs no index arithmetic but a few additions per row:
//
//   [N, C, H, W] and the same       one row of N*C*H*W
//   [N, C, H, W] and [W]            N*C*H rows of W; the second does not move from row to row
//   [N, C, H, W] and [1, C, 1, 1]   N blocks of C rows of H*W; the second is single, stride 1
#pragma once

#include <cstddef>

#include "ops/share_out.h"
#include "ops/tensor.h"

namespace fourfold {

inline constexpr std::size_t kMaxBroadcastInputs = 3;

// Aligned at the last axis, sizes are equal or one of them is 1. A size of kAnySize is taken to
// fit. Throws std::invalid_argument otherwise.
Shape broadcast_shape(const Shape& a, const Shape& b);

// Rows of the output, `columns` elements each, one after the other from element `y` on.
struct BroadcastBlock {
  struct Input {
    std::size_t first;       // the element that the first row begins with
    std::size_t row_stride;  // elements from one row to the next
    bool single;             // one element for all of a row; otherwise as many as columns
  };
  Input inputs[kMaxBroadcastInputs];
  std::size_t y;
  std::size_t rows;
  std::size_t columns;
};

class BroadcastLoops {
 public:
  // `inputs` of up to kMaxBroadcastInputs, each of which broadcasts to `output`. No sizes of 0.
  BroadcastLoops(const Tensor* inputs, std::size_t count, const Shape& output);

  // Calls work(BroadcastBlock) for blocks that together are all of the output, each once.
  template <class Work>
  void share_out_blocks(const Execution& execution, const Work& work) const {
    const std::size_t columns = loops_[0].size;
    if (rows_ == 1) {
      share_out(columns, 1, execution, [&](Range part) { work(part_of_row(part)); });
      return;
    }
    share_out(rows_, columns, execution, [&](Range part) {
      for (std::size_t row = part.begin; row < part.end;) {
        const BroadcastBlock block = rows_from(row, part.end);
        work(block);
        row += block.rows;
      }
    });
  }

 private:
  struct Loop {
    std::size_t size;
    std::size_t strides[kMaxBroadcastInputs];
  };

  void add_axis(const Loop& axis);
  BroadcastBlock part_of_row(Range columns) const;
  // The rows from `row` on that lie in one run of the second loop, none of them `end` or beyond.
  BroadcastBlock rows_from(std::size_t row, std::size_t end) const;

  std::size_t count_;
  std::size_t depth_ = 0;  // loops in use; at least two, the inner one of them the row
  std::size_t rows_ = 1;
  Loop loops_[kMaxRank + 1];  // the innermost first
};

}  // namespace fourfold
