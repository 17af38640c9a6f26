#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// Output positions of one kernel call, a multiple of what it computes at once.
constexpr std::size_t kPanel = 64;

std::size_t panels_of(const ConvShape& shape) {
  return ceil_div(shape.images * shape.window.out_positions(), kPanel);
}

std::size_t border_bytes(const ConvShape& shape) {
  return round_up(shape.groups * sizeof(float), kAlignment);
}
std::size_t panel_bytes(const ConvShape& shape) {
  return round_up(kPanel * shape.window.points() * sizeof(const float*), kAlignment);
}

// Where the channels under each point of a window begin: in x, or, on its border, in `border`.
void point_at(const Window& window, const float* x, std::size_t channels, const float* border,
              std::size_t position, const float** inputs) {
  const Position place = position_at(window, position);
  const float* image = x + place.image * window.in_positions() * channels;
  for (std::size_t z = 0; z < window.depth().points; ++z) {
    const std::int64_t at_z = window.depth().position(place.at[0], z);
    for (std::size_t y = 0; y < window.height().points; ++y) {
      const std::int64_t at_y = window.height().position(place.at[1], y);
      const bool inside = window.depth().holds(at_z) && window.height().holds(at_y);
      for (std::size_t px = 0; px < window.width().points; ++px) {
        const std::int64_t at_x = window.width().position(place.at[2], px);
        const auto height = static_cast<std::int64_t>(window.height().in);
        const auto width = static_cast<std::int64_t>(window.width().in);
        const bool on_x = inside && window.width().holds(at_x);
        const std::int64_t at = (at_z * height + at_y) * width + at_x;
        *inputs++ = on_x ? image + static_cast<std::size_t>(at) * channels : border;
      }
    }
  }
}

}  // namespace

std::size_t conv_by_pixels_scratch(const ConvShape& shape, const Execution& execution) {
  const std::size_t parts = conv_parts(panels_of(shape), shape.multiply_adds(), execution);
  return border_bytes(shape) + parts * panel_bytes(shape);
}

void conv_by_pixels(const ConvShape& shape, const ConvData& data, const float* weight,
                    std::byte* scratch, const Execution& execution) {
  const std::size_t panels = panels_of(shape), channels = shape.groups;
  const std::size_t points = shape.window.points();
  const std::size_t positions = shape.images * shape.window.out_positions();
  const std::size_t parts = conv_parts(panels, shape.multiply_adds(), execution);
  const DepthwiseF32Kernels& kernels = depthwise_f32_kernels(execution.isa);
  const ConvFinisher finish(data.finish, execution.isa);
  auto* border = reinterpret_cast<float*>(scratch);
  std::fill_n(border, channels, 0.0f);
  execution.pool->run(parts, [&](std::size_t part) {
    auto* inputs =
        reinterpret_cast<const float**>(scratch + border_bytes(shape) + part * panel_bytes(shape));
    const Range range = part_of(positions, kPanel, parts, part);
    for (std::size_t first = range.begin; first < range.end; first += kPanel) {
      const std::size_t count = std::min(kPanel, range.end - first);
      for (std::size_t p = 0; p < count; ++p)
        point_at(shape.window, data.x, channels, border, first + p, inputs + p * points);
      float* y = data.y + first * channels;
      kernels.pixels({inputs, weight, data.bias, y, channels, count, points, channels});
      if (data.finish.does_nothing()) continue;
      const float* residual = data.finish.residual;
      if (residual != nullptr) residual += first * channels;
      finish.columns_of_channels(
          {y, channels, residual, channels, y, channels, count, channels, 0});
    }
  });
}

}  // namespace fourfold
