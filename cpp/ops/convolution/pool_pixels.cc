#include <algorithm>
#include <limits>

#include "kernels/binary/binary.h"
#include "ops/convolution/pool_f32.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

struct PixelPool {
  const PoolShape& shape;
  const PoolF32& pool;
  const BinaryKernels& kernels;

  // One row of output, of the image at x.
  void join(const float* x, std::size_t z, std::size_t at, float* y) const {
    const Window& window = shape.window;
    const std::size_t channels = shape.channels;
    const bool max = pool.kind == PoolKind::kMax;
    const BinaryFunction join_points = kernels.of(max ? Binary::max : Binary::add);
    std::fill_n(y, window.width().out * channels,
                max ? -std::numeric_limits<float>::infinity() : 0.0f);
    for (std::size_t point = 0; point < window.points(); ++point) {
      visit_run(
          window, window.point(point), z, at,
          [&](std::size_t x_at, std::size_t first, std::size_t count) {
            const BinaryOperand under = {x + x_at * channels, window.width().stride * channels,
                                         false};
            float* joined = y + first * channels;
            join_points({{joined, channels, false}, under, joined, channels, count, channels});
          });
    }
  }

  void divide(const float* divisors, float* y) const {
    const std::size_t channels = shape.channels;
    kernels.of(Binary::div)({{y, channels, false},
                             {divisors, 1, true},
                             y,
                             channels,
                             shape.window.width().out,
                             channels});
  }
};

}  // namespace

std::size_t pool_pixels_scratch(const PoolShape& shape, const Execution& execution) {
  return (execution.threads + 1) * shape.window.width().out * sizeof(float);
}

void pool_pixels(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t width = window.width().out, height = window.height().out;
  const std::size_t image = window.in_positions() * shape.channels;
  const std::size_t rows_of_image = window.depth().out * height;
  const PixelPool pixels = {shape, pool, binary_kernels(execution.isa)};
  auto* counts = reinterpret_cast<float*>(scratch);
  count_points_of_rows(window, pool.counts_border, counts);
  const std::size_t values = width * shape.channels * window.points();
  share_out_parts(shape.images * rows_of_image, values, execution,
                  [&](Range rows, std::size_t part) {
                    float* divisors = counts + (part + 1) * width;
                    PoolDivisors divisors_of(window, pool.counts_border, counts);
                    for (std::size_t row = rows.begin; row < rows.end; ++row) {
                      const std::size_t z = row % rows_of_image / height, at = row % height;
                      float* to = y + row * width * shape.channels;
                      pixels.join(x + row / rows_of_image * image, z, at, to);
                      if (pool.kind != PoolKind::kAverage) continue;
                      divisors_of.write(z, at, divisors);
                      pixels.divide(divisors, to);
                    }
                  });
}

}  // namespace fourfold
