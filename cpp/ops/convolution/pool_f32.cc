#include "ops/convolution/pool_f32.h"

#include <algorithm>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "kernels/binary/binary.h"
#include "kernels/unary/unary.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/band.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

float start_of(PoolKind kind) {
  return kind == PoolKind::kMax ? kLowest : 0.0f;
}
BinaryFunction combine_of(PoolKind kind, const BinaryKernels& kernels) {
  return kernels.of(kind == PoolKind::kMax ? Binary::max : Binary::add);
}

// A task is some rows of output of one plane: a band of a quarter of L2 at most.
struct PlanesPlan {
  std::size_t band_rows;
  std::size_t bands;
  std::size_t tasks;
  BandLayout layout;

  explicit PlanesPlan(const PoolShape& shape)
      : band_rows(choose_rows(shape.window)),
        bands((shape.window.height().out + band_rows - 1) / band_rows),
        tasks(shape.planes() * shape.window.depth().out * bands),
        layout(shape.window, band_rows) {}

  std::size_t part_elements(const PoolShape& shape) const {
    return round_up(layout.elements(1) + shape.window.width().out, kAlignment / sizeof(float));
  }

 private:
  static std::size_t choose_rows(const Window& window) {
    const std::size_t row_bytes = BandLayout(window, 1).channel * sizeof(float);
    const std::size_t fit = cache_sizes().l2 / 4 / row_bytes;
    return std::clamp<std::size_t>(fit, 1, std::max<std::size_t>(window.height().out, 1));
  }
};

std::size_t offset_bytes(const Window& window) {
  return round_up(window.points() * sizeof(std::size_t), kAlignment);
}

struct PlanePool {
  const PoolShape& shape;
  const PlanesPlan& plan;
  const PoolF32& pool;
  const std::size_t* offsets;
  const Execution& execution;

  void run(std::size_t task, const float* x, float* y, float* band) const {
    const Window& window = shape.window;
    const std::size_t width = window.width().out;
    BandRows rows = {0, task % plan.bands * plan.band_rows, 0};
    rows.count = std::min(plan.band_rows, window.height().out - rows.first);
    task /= plan.bands;
    rows.depth = task % window.depth().out;
    const std::size_t plane = task / window.depth().out;
    copy_band(plan.layout, window, {x + plane * window.in_positions(), 1, start_of(pool.kind)},
              rows, deinterleave_kernels(execution.isa), band);
    if (pool.kind == PoolKind::kLp) {
      // All of it, with what it does not hold yet: only what was copied is read.
      std::fill(band + plan.layout.channel, band + plan.layout.elements(1), 0.0f);
      raise_to_norm(band, plan.layout.elements(1), pool.p, execution);
    }
    float* to = y + (task * window.height().out + rows.first) * width;
    combine(rows, band, to);
    finish(rows, to, band + plan.layout.elements(1));
  }

 private:
  void combine(const BandRows& rows, const float* band, float* y) const {
    const std::size_t width = shape.window.width().out;
    const BinaryFunction join = combine_of(pool.kind, binary_kernels(execution.isa));
    std::fill_n(y, rows.count * width, start_of(pool.kind));
    for (std::size_t point = 0; point < shape.window.points(); ++point) {
      const BinaryOperand under = {band + offsets[point], plan.layout.width, false};
      join({{y, width, false}, under, y, width, rows.count, width});
    }
  }

  void finish(const BandRows& rows, float* y, float* divisors) const {
    const std::size_t width = shape.window.width().out;
    if (pool.kind == PoolKind::kLp) take_root_of_norm(y, rows.count * width, pool.p, execution);
    if (pool.kind != PoolKind::kAverage) return;
    const BinaryFunction divide = binary_kernels(execution.isa).of(Binary::div);
    PoolDivisors counts(shape.window, pool.counts_border);
    for (std::size_t row = 0; row < rows.count; ++row, y += width) {
      counts.write(rows.depth, rows.first + row, divisors);
      divide({{y, 0, false}, {divisors, 0, false}, y, width, 1, width});
    }
  }
};

}  // namespace

void raise_to_norm(float* x, std::size_t count, float p, const Execution& execution) {
  unary_kernels(execution.isa).of(Unary::abs)({x, x, count, 0.0f, 0.0f});
  if (p == 1.0f) return;
  binary_kernels(execution.isa).of(Binary::pow)({{x, 0, false}, {&p, 0, true}, x, count, 1, count});
}

void take_root_of_norm(float* x, std::size_t count, float p, const Execution& execution) {
  if (p == 1.0f) return;
  const float exponent = 1.0f / p;
  binary_kernels(execution.isa)
      .of(Binary::pow)({{x, 0, false}, {&exponent, 0, true}, x, count, 1, count});
}

std::size_t pool_planes_scratch(const PoolShape& shape, const Execution& execution) {
  const PlanesPlan plan(shape);
  return offset_bytes(shape.window) + execution.threads * plan.part_elements(shape) * sizeof(float);
}

void pool_planes(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution) {
  const PlanesPlan plan(shape);
  auto* offsets = reinterpret_cast<std::size_t*>(scratch);
  plan.layout.write_offsets(shape.window, 1, offsets);
  auto* bands = reinterpret_cast<float*>(scratch + offset_bytes(shape.window));
  const PlanePool planes = {shape, plan, pool, offsets, execution};
  const std::size_t values = plan.band_rows * shape.window.width().out * shape.window.points();
  share_out_parts(plan.tasks, values, execution, [&](Range tasks, std::size_t part) {
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      planes.run(task, x, y, bands + part * plan.part_elements(shape));
  });
}

std::size_t pool_pixels_scratch(const PoolShape& shape, const Execution& execution) {
  return execution.threads * shape.window.width().out * sizeof(float);
}

void pool_pixels(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution) {
  const Window& window = shape.window;
  const std::size_t channels = shape.channels;
  const std::size_t image = window.in_positions() * channels;
  const std::size_t rows_of_image = window.depth().out * window.height().out;
  const std::size_t row = window.width().out * channels;
  const BinaryFunction combine = combine_of(pool.kind, binary_kernels(execution.isa));
  const BinaryFunction divide = binary_kernels(execution.isa).of(Binary::div);
  share_out_parts(shape.images * rows_of_image, row * window.points(), execution,
                  [&](Range rows, std::size_t part) {
                    float* divisors = reinterpret_cast<float*>(scratch) + part * window.width().out;
                    PoolDivisors counts(window, pool.counts_border);
                    for (std::size_t r = rows.begin; r < rows.end; ++r) {
                      const std::size_t z = r % rows_of_image / window.height().out,
                                        at = r % window.height().out;
                      float* to = y + r * row;
                      std::fill_n(to, row, start_of(pool.kind));
                      for (std::size_t point = 0; point < window.points(); ++point) {
                        visit_run(window, window.point(point), z, at,
                                  [&](std::size_t x_at, std::size_t first, std::size_t count) {
                                    const float* under =
                                        x + r / rows_of_image * image + x_at * channels;
                                    float* sums = to + first * channels;
                                    combine({{sums, channels, false},
                                             {under, window.width().stride * channels, false},
                                             sums,
                                             channels,
                                             count,
                                             channels});
                                  });
                      }
                      if (pool.kind != PoolKind::kAverage) continue;
                      counts.write(z, at, divisors);
                      divide({{to, channels, false},
                              {divisors, 1, true},
                              to,
                              channels,
                              window.width().out,
                              channels});
                    }
                  });
}

}  // namespace fourfold
