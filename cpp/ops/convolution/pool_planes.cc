#include <algorithm>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "base/round_up.h"
#include "kernels/binary/binary.h"
#include "kernels/pool/pool.h"
#include "kernels/unary/unary.h"
#include "ops/convolution/band_copy.h"
#include "ops/convolution/pool_f32.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// Positions joined at once: they stay in L1.
constexpr std::size_t kRun = 2048;

constexpr float kLowest = -std::numeric_limits<float>::infinity();

// A task is some rows of output of one plane: a band of a quarter of L2 at most.
struct PlanesPlan {
  std::size_t band_rows;
  std::size_t bands;
  std::size_t tasks;
  BandLayout layout;

  explicit PlanesPlan(const PoolShape& shape)
      : band_rows(choose_rows(shape.window)),
        bands(ceil_div(shape.window.height().out, band_rows)),
        tasks(shape.planes() * shape.window.depth().out * bands),
        layout(shape.window, band_rows) {}

  std::size_t part_elements(const PoolShape& shape) const {
    return round_up(layout.elements(1) + kRun + shape.window.width().out,
                    kAlignment / sizeof(float));
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
std::size_t count_bytes(const Window& window) {
  return round_up(window.width().out * sizeof(float), kAlignment);
}

struct PlanePool {
  const PoolShape& shape;
  const PlanesPlan& plan;
  const PoolF32& pool;
  const std::size_t* offsets;
  const float* counts;  // of points at each position of a row
  const Execution& execution;

  void run(std::size_t task, const float* x, float* y, float* band) const {
    const Window& window = shape.window;
    const std::size_t width = window.width().out;
    BandRows rows = {0, task % plan.bands * plan.band_rows, 0};
    rows.count = std::min(plan.band_rows, window.height().out - rows.first);
    task /= plan.bands;
    rows.depth = task % window.depth().out;
    const std::size_t plane = task / window.depth().out;
    BandCopy(plan.layout, window, rows, pool.kind == PoolKind::kMax ? kLowest : 0.0f,
             deinterleave_kernels(execution.isa))
        .copy(x + plane * window.in_positions(), 1, band);
    if (pool.kind == PoolKind::kLp) {
      // All of it, with what it does not hold yet: only what was copied is read.
      std::fill(band + plan.layout.channel, band + plan.layout.elements(1), 0.0f);
      raise_to_norm(band, plan.layout.elements(1), pool.p, execution);
    }
    join(rows, band, y + (task * window.height().out + rows.first) * width);
  }

 private:
  void join(const BandRows& rows, float* band, float* y) const {
    const PoolKernels& kernels = pool_kernels(execution.isa);
    const auto join_points = pool.kind == PoolKind::kMax ? kernels.max : kernels.sum;
    float* joined = band + plan.layout.elements(1);
    const std::size_t count = plan.layout.run(rows.count, shape.window);
    for (std::size_t begin = 0; begin < count; begin += kRun) {
      const std::size_t end = std::min(begin + kRun, count);
      join_points({band + begin, offsets, shape.window.points(), joined, end - begin});
      finish(rows, {begin, end}, joined, y);
    }
  }

  // Puts the positions of a run of the band in their places.
  void finish(const BandRows& rows, Range run, float* joined, float* y) const {
    const std::size_t width = shape.window.width().out;
    if (pool.kind == PoolKind::kLp) take_root_of_norm(joined, run.size(), pool.p, execution);
    const BinaryFunction divide = binary_kernels(execution.isa).of(Binary::div);
    PoolDivisors divisors_of(shape.window, pool.counts_border, counts);
    float* divisors = joined + kRun;
    visit_rows_of_run(
        run.begin, run.end, plan.layout.width, width,
        [&](std::size_t row, std::size_t first, std::size_t count, std::size_t at) {
          const float* from = joined + (at - run.begin);
          float* to = y + row * width + first;
          if (pool.kind == PoolKind::kAverage) {
            divisors_of.write(rows.depth, rows.first + row, divisors);
            divide({{from, 0, false}, {divisors + first, 0, false}, to, count, 1, count});
          } else {
            std::copy_n(from, count, to);
          }
        });
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
  return offset_bytes(shape.window) + count_bytes(shape.window) +
         execution.threads * plan.part_elements(shape) * sizeof(float);
}

void pool_planes(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution) {
  const PlanesPlan plan(shape);
  auto* offsets = reinterpret_cast<std::size_t*>(scratch);
  plan.layout.write_offsets(shape.window, 1, offsets);
  auto* counts = reinterpret_cast<float*>(scratch + offset_bytes(shape.window));
  count_points_of_rows(shape.window, pool.counts_border, counts);
  float* bands = counts + count_bytes(shape.window) / sizeof(float);
  const PlanePool planes = {shape, plan, pool, offsets, counts, execution};
  const std::size_t values = plan.band_rows * shape.window.width().out * shape.window.points();
  share_out_parts(plan.tasks, values, execution, [&](Range tasks, std::size_t part) {
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      planes.run(task, x, y, bands + part * plan.part_elements(shape));
  });
}

}  // namespace fourfold
