// What the kernels are told of the weights to come (GemmS8Block::ahead): one that outruns L3 would
// wait for every line of a column block that it is the first to read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "matmul/blocking.h"
#include "matmul/packed_weights.h"

namespace fourfold {

// The weights of the next pass over a row panel, a slice for each kernel call of this one.
class WeightsAhead {
 public:
  // Of passes over at most so many columns, so many calls each.
  WeightsAhead(const PackedS8& weight, std::size_t columns, std::size_t calls)
      : weight_(weight), slice_(round_up(ceil_div(weight.bytes_of(columns), calls), kAlignment)) {}

  void start_pass(Range next_columns) {
    next_ = weight_.panel(next_columns.begin);
    left_ = weight_.bytes_of(next_columns.size());
  }

  void add_to(GemmS8Block& product) {
    product.ahead = next_;
    product.ahead_bytes = std::min(slice_, left_);
    next_ += product.ahead_bytes;
    left_ -= product.ahead_bytes;
  }

 private:
  const PackedS8& weight_;
  const std::size_t slice_;
  const std::int8_t* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace fourfold
