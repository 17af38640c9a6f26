#include "ops/convolution/pool_shape.h"

#include <cmath>

#include "base/check.h"
#include "ops/convolution/conv_types.h"

namespace fourfold {

PoolKind pool_kind_named(const std::string& name) {
  if (name == "max") return PoolKind::kMax;
  if (name == "average") return PoolKind::kAverage;
  if (name == "lp") return PoolKind::kLp;
  refuse_value("kind: expected one of max, average, lp; received '", name, "'");
}

void check_norm(float p) {
  if (p >= 1.0f && std::isfinite(p)) return;
  refuse_value("attribute 'p': expected a finite number from 1, received ", p);
}

PoolShape pool_shape(const WindowAttributes& window, ConvLayout layout, const Tensor& x) {
  const std::size_t rank = x.rank();
  if (rank < 3 || rank > 2 + kWindowAxes) {
    refuse_value("x: expected 3 to ", 2 + kWindowAxes, " dimensions, received ", type_text(x.type));
  }
  const bool last = layout == ConvLayout::kChannelsLast;
  Shape in;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis)
    in.append(x.shape()[axis + (last ? 1 : 2)]);
  return {fit_window(window, in, window_sizes(window, rank - 2)), x.size(0),
          x.size(last ? rank - 1 : 1)};
}

Shape pooled_shape(const PoolShape& shape, ConvLayout layout, std::size_t rank) {
  const ConvShape as_conv = {shape.window, shape.images, shape.channels, 1, 1};
  return output_shape(as_conv, layout, rank);
}

void count_points_of_rows(const Window& window, bool on_border, float* counts) {
  for (std::size_t x = 0; x < window.width().out; ++x)
    counts[x] = static_cast<float>(window.width().points_at(x, on_border));
}

void PoolDivisors::write(std::size_t depth, std::size_t row, float* divisors) {
  const std::size_t others = window_.depth().points_at(depth, counts_border_) *
                             window_.height().points_at(row, counts_border_);
  if (others == written_ && others > 0) return;
  written_ = others;
  for (std::size_t x = 0; x < window_.width().out; ++x)
    divisors[x] = static_cast<float>(others) * counts_[x];
}

}  // namespace fourfold
