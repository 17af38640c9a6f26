// What pooling works on: the shape that x and the window make, and the kinds.
#pragma once

#include <string>

#include "ops/convolution/conv_f32.h"
#include "ops/convolution/window.h"
#include "ops/tensor.h"

namespace fourfold {

enum class PoolKind { kMax, kAverage, kLp };

PoolKind pool_kind_named(const std::string& name);

void check_norm(float p);  // 1 or more, finite

struct PoolShape {
  Window window;
  std::size_t images;
  std::size_t channels;

  std::size_t planes() const { return images * channels; }
};

// Refuses x that is not [N, C, one to three axes], or [N, one to three axes, C], and a window that
// does not fit into it.
PoolShape pool_shape(const WindowAttributes& window, ConvLayout layout, const Tensor& x);

Shape pooled_shape(const PoolShape& shape, ConvLayout layout, std::size_t rank);

// counts[width]: the points of the window on x, or its border too, at each position of a row.
void count_points_of_rows(const Window& window, bool on_border, float* counts);

// What the average at each position of a row of output is divided by: divisors[width].
class PoolDivisors {
 public:
  PoolDivisors(const Window& window, bool counts_border, const float* counts)
      : window_(window), counts_border_(counts_border), counts_(counts) {}

  // Those of the row; written again only if they differ from what was written last.
  void write(std::size_t depth, std::size_t row, float* divisors);

 private:
  const Window& window_;
  const bool counts_border_;
  const float* counts_;
  std::size_t written_ = 0;  // the points on depth and height of the last
};

}  // namespace fourfold
