#include "ops/convolution/pool_planes_plan.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "base/round_up.h"
namespace fourfold {
namespace {

constexpr std::size_t kLine = kAlignment / sizeof(float);

// A band takes a quarter of L2 at most.
std::size_t choose_rows(const Window& window) {
  const WindowAxis& height = window.height();
  const std::size_t row_elements = window.depth().points * (window.width().in + kLine);
  const std::size_t fit = cache_sizes().l2 / 4 / sizeof(float) / row_elements;
  return std::clamp<std::size_t>(fit / height.stride, 1, std::max<std::size_t>(height.out, 1));
}

bool is_less_by_axes(const Window& window) {
  const std::size_t x_points = window.width().points, y_points = window.height().points;
  return window.depth().points == 1 && window.height().dilation == 1 &&
         x_points * window.height().stride + y_points < x_points * y_points;
}

}  // namespace

PoolPlanesPlan::PoolPlanesPlan(const PoolShape& shape, const Execution& execution)
    : band_rows(choose_rows(shape.window)),
      bands((shape.window.height().out + band_rows - 1) / band_rows),
      tasks(shape.planes() * shape.window.depth().out * bands),
      by_axes(is_less_by_axes(shape.window)),
      row(round_up(shape.window.width().out, kLine)),
      layout(shape.window, band_rows, deinterleave_kernels(execution.isa)) {}

std::size_t PoolPlanesPlan::band_elements(const Window& window) const {
  return round_up(window.depth().points * layout.elements(), kLine);
}

std::size_t PoolPlanesPlan::maxima_elements() const {
  return by_axes ? layout.x_rows() * row + kLine : 0;
}

std::size_t PoolPlanesPlan::part_elements(const Window& window) const {
  return band_elements(window) + maxima_elements() + band_rows * row;
}

PoolOffsets::PoolOffsets(const Window& window, std::byte* memory)
    : points(reinterpret_cast<std::size_t*>(memory)),
      of_row(points + window.points()),
      rows(of_row + window.width().points) {}

std::size_t PoolOffsets::bytes(const Window& window) {
  const std::size_t count = window.points() + window.width().points + window.height().points;
  return round_up(count * sizeof(std::size_t), kAlignment);
}

void PoolOffsets::write(const Window& window, const PoolPlanesPlan& plan) const {
  std::size_t* next = points;
  for (std::size_t z = 0; z < window.depth().points; ++z) {
    for (std::size_t y = 0; y < window.height().points; ++y) {
      for (std::size_t x = 0; x < window.width().points; ++x)
        *next++ = z * plan.layout.elements() + plan.layout.offset(y * window.height().dilation, x);
    }
  }
  for (std::size_t x = 0; x < window.width().points; ++x)
    of_row[x] = plan.layout.offset(0, x);
  for (std::size_t y = 0; y < window.height().points; ++y)
    rows[y] = y * plan.row;
}

}  // namespace fourfold
