#include "ops/convolution/side_by_side.h"

#include <algorithm>

namespace fourfold {
namespace {

constexpr std::size_t kMostTimes = std::size_t{1} << (SideBySide::kForms - 1);
// A kernel that pads depth further has products to spare: rows are what it waits for.
constexpr std::size_t kMostDepthStep = 16;
// Of the padded weight: few filters over few channels, whose products are what a row costs least.
constexpr std::size_t kMostBytes = 4096;

std::size_t padded_bytes(const SideBySide& sizes, const GemmS8Kernels& gemm) {
  return round_up(sizes.depth, std::min(gemm.depth_step, kMostDepthStep)) *
         round_up(sizes.columns, gemm.column_step);
}

std::size_t points_wide(const WindowAxis& width, std::size_t times) {
  return width.points + (times - 1) * width.stride;
}

std::vector<float> repeated(const float* values, std::size_t count, std::size_t times,
                            std::size_t size) {
  std::vector<float> all(size, 0.0f);
  if (values == nullptr) return {};
  for (std::size_t i = 0; i < times; ++i)
    std::copy_n(values, count, all.begin() + static_cast<std::ptrdiff_t>(i * count));
  return all;
}

}  // namespace

SideBySide::SideBySide(const ConvS8Layer& layer, const Window& window, std::size_t images,
                       const GemmS8Kernels& gemm)
    : times(1), depth(layer.depth), columns(layer.filters) {
  const WindowAxis& width = window.width();
  if (layer.groups != 1 || width.points == 0 || (width.points > 1 && width.dilation != 1)) return;
  const std::size_t in_a_row = window.is_pointwise() ? images * window.out_positions() : width.out;
  if (in_a_row % 2 != 0) return;
  const SideBySide alone = *this;
  SideBySide next = *this;
  for (next.times = 2; next.times <= kMostTimes; next.times *= 2) {
    next.depth = layer.depth / width.points * points_wide(width, next.times);
    next.columns = layer.filters * next.times;
    const std::size_t bytes = padded_bytes(next, gemm);
    const std::size_t best = padded_bytes(*this, gemm);
    if (bytes <= kMostBytes && bytes * times <= best * next.times) *this = next;
  }
  if (in_a_row % times != 0) *this = alone;
}

std::size_t SideBySide::form() const {
  std::size_t form = 0;
  while (times >> form > 1)
    ++form;
  return form;
}

Window SideBySide::window_of(const Window& window) const {
  Window wide = window;
  if (times == 1) return wide;
  WindowAxis& width = wide.axes[kWindowAxes - 1];
  width.points = points_wide(width, times);
  width.stride *= times;
  width.dilation = 1;
  width.out /= times;
  return wide;
}

SideBySideLayer::SideBySideLayer(const ConvS8Layer& layer, const Window& window,
                                 const SideBySide& sizes, const std::int8_t* whole)
    : weight_(padded_columns(sizes.columns) * padded_depth(sizes.depth)),
      column_sums_(padded_columns(sizes.columns)),
      product_(layer.group(0, whole, nullptr)) {
  pack(layer, window, sizes, whole);
  const std::size_t padded = padded_columns(sizes.columns);
  const auto of_columns = [&](const float* values) {
    return repeated(values, layer.filters, sizes.times, padded);
  };
  column_scales_ = of_columns(product_.column_scales);
  bias_ = of_columns(product_.bias);
  post_scale_ = of_columns(product_.post.scale);
  post_shift_ = of_columns(product_.post.shift);
  product_.weight = {reinterpret_cast<const std::int8_t*>(weight_.data()), sizes.depth,
                     sizes.columns};
  product_.column_scales = column_scales_.data();
  product_.bias = bias_.data();
  if (!post_scale_.empty()) product_.post = {post_scale_.data(), post_shift_.data()};
  sum_columns(product_.weight, column_sums_.data());
  product_.column_sums = column_sums_.data();
}

void SideBySideLayer::pack(const ConvS8Layer& layer, const Window& window, const SideBySide& sizes,
                           const std::int8_t* whole) {
  const std::size_t filters = layer.filters;
  std::vector<std::int8_t> own(layer.depth * filters), wide(sizes.depth * sizes.columns);
  unpack_s8({whole, layer.depth, filters}, own.data());
  const std::size_t row = window.width().points * layer.channels;  // of a window
  const std::size_t wide_row = points_wide(window.width(), sizes.times) * layer.channels;
  const std::size_t step = window.width().stride * layer.channels;
  for (std::size_t d = 0; d < layer.depth; ++d) {
    for (std::size_t j = 0; j < sizes.times; ++j) {
      const std::size_t wide_d = d / row * wide_row + j * step + d % row;
      std::copy_n(&own[d * filters], filters, &wide[wide_d * sizes.columns + j * filters]);
    }
  }
  pack_s8(wide.data(), sizes.depth, sizes.columns, reinterpret_cast<std::int8_t*>(weight_.data()));
}

}  // namespace fourfold
