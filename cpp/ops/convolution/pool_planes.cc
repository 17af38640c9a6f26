#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "kernels/binary/binary.h"
#include "kernels/pool/pool.h"
#include "kernels/unary/unary.h"
#include "ops/convolution/pool_pairs.h"
#include "ops/convolution/pool_planes_plan.h"
#include "ops/share_out.h"

namespace fourfold {
namespace {

// Dividing by a power of two is the same as multiplying by its reciprocal, which is faster.
bool are_powers_of_two(const float* values, std::size_t count) {
  std::uint32_t fractions = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &values[i], sizeof(bits));
    fractions |= bits & 0x007fffffu;
  }
  return fractions == 0;
}

// The band that a part works on, for one plane after the other.
class BandPool {
 public:
  BandPool(const PoolShape& shape, const PoolPlanesPlan& plan, const PoolF32& pool,
           const PoolOffsets& offsets, const float* counts, const Execution& execution,
           float* memory)
      : window_(shape.window),
        plan_(plan),
        pool_(pool),
        offsets_(offsets),
        counts_(counts),
        execution_(execution),
        kernels_(pool_kernels(execution.isa)),
        copy_(plan.layout),
        border_(pool.kind == PoolKind::kMax ? -std::numeric_limits<float>::infinity() : 0.0f),
        band_(memory),
        maxima_(band_ + plan.band_elements(shape.window)),
        divisors_(maxima_ + plan.maxima_elements()) {}

  // x: any plane.
  void start(std::size_t depth, std::size_t band, const float* x) {
    depth_ = depth;
    first_ = band * plan_.band_rows;
    rows_ = std::min(plan_.band_rows, window_.height().out - first_);
    for (std::size_t z = 0; z < window_.depth().points; ++z)
      plan_.layout.fill(border_, band_ + z * plan_.layout.elements());
    copy_.start(first_, rows_, border_, x, band_);
    if (pool_.kind == PoolKind::kAverage) write_divisors();
  }

  // y: of the plane at this depth.
  void run(const float* plane, float* y) {
    copy(plane);
    y += first_ * window_.width().out;
    if (pool_.kind == PoolKind::kMax && plan_.by_axes) return run_by_axes(y);
    const auto join = pool_.kind == PoolKind::kMax  ? kernels_.max
                      : pool_.kind == PoolKind::kLp ? kernels_.sum
                      : reciprocal_                 ? kernels_.product
                                                    : kernels_.mean;
    join(block(band_, offsets_.points, window_.points(), plan_.layout.row_step(), y));
    if (pool_.kind == PoolKind::kLp) {
      take_root_of_norm(y, rows_ * window_.width().out, pool_.p, execution_);
    }
  }

 private:
  void copy(const float* plane) {
    const std::size_t in_plane = window_.height().in * window_.width().in;
    for (std::size_t z = 0; z < window_.depth().points; ++z) {
      const std::int64_t at = window_.depth().position(depth_, z);
      if (!window_.depth().holds(at)) continue;  // all of it stays border
      float* band = band_ + z * plan_.layout.elements();
      copy_.copy(plane + static_cast<std::size_t>(at) * in_plane, band);
      if (pool_.kind == PoolKind::kLp)
        raise_to_norm(band, plan_.layout.elements(), pool_.p, execution_);
    }
  }

  PoolPlaneBlock block(const float* x, const std::size_t* offsets, std::size_t points,
                       std::size_t x_stride, float* y) const {
    const std::size_t width = window_.width().out;
    return {x, offsets, points, x_stride, y, width, rows_, width, divisors_, plan_.row};
  }

  // The maximum of maxima is that of all: the later of zeros and the first NaN, too, as they come
  // last and first among rows.
  void run_by_axes(float* y) const {
    const WindowAxis &height = window_.height(), &width = window_.width();
    PoolPlaneBlock of_rows =
        block(band_, offsets_.of_row, width.points, plan_.layout.x_row_step(), maxima_);
    of_rows.y_stride = plan_.row;
    of_rows.rows = (rows_ - 1) * height.stride + height.points;
    kernels_.max(of_rows);
    kernels_.max(block(maxima_, offsets_.rows, height.points, height.stride * plan_.row, y));
  }

  void write_divisors() {
    for (std::size_t r = 0; r < rows_; ++r) {
      PoolDivisors(window_, pool_.counts_border, counts_)
          .write(depth_, first_ + r, divisors_ + r * plan_.row);
    }
    const std::size_t width = window_.width().out;
    reciprocal_ = true;
    for (std::size_t r = 0; r < rows_ && reciprocal_; ++r)
      reciprocal_ = are_powers_of_two(divisors_ + r * plan_.row, width);
    for (std::size_t r = 0; r < rows_ && reciprocal_; ++r) {
      float* divisors = divisors_ + r * plan_.row;
      for (std::size_t i = 0; i < width; ++i)
        divisors[i] = 1.0f / divisors[i];
    }
  }

  const Window& window_;
  const PoolPlanesPlan& plan_;
  const PoolF32& pool_;
  const PoolOffsets& offsets_;
  const float* counts_;
  const Execution& execution_;
  const PoolKernels& kernels_;
  PlaneCopy copy_;
  const float border_;
  float* const band_;
  float* const maxima_;
  float* const divisors_;
  std::size_t depth_ = 0;
  std::size_t first_ = 0;  // row of the output
  std::size_t rows_ = 0;
  bool reciprocal_ = false;  // the divisors are reciprocals
};

std::size_t count_bytes(const Window& window) {
  return round_up(window.width().out * sizeof(float), kAlignment);
}

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
  const PoolPlanesPlan plan(shape, execution);
  return PoolOffsets::bytes(shape.window) + count_bytes(shape.window) +
         execution.threads * plan.part_elements(shape.window) * sizeof(float);
}

void pool_planes(const PoolShape& shape, const PoolF32& pool, const float* x, float* y,
                 std::byte* scratch, const Execution& execution) {
  const Window& window = shape.window;
  const PoolOffsets offsets(window, scratch);
  if (can_pool_pairs(shape, pool.kind)) {
    return max_pool_pairs(shape, x, y, offsets.rows, execution);
  }
  const PoolPlanesPlan plan(shape, execution);
  offsets.write(window, plan);
  auto* counts = reinterpret_cast<float*>(scratch + PoolOffsets::bytes(window));
  count_points_of_rows(window, pool.counts_border, counts);
  float* memory = counts + count_bytes(window) / sizeof(float);
  const std::size_t values = plan.band_rows * window.width().out * window.points();
  const std::size_t planes = shape.planes(), depths = window.depth().out;
  const std::size_t out_plane = window.height().out * window.width().out;
  share_out_parts(plan.tasks, values, execution, [&](Range tasks, std::size_t part) {
    BandPool band(shape, plan, pool, offsets, counts, execution,
                  memory + part * plan.part_elements(window));
    for (std::size_t task = tasks.begin; task < tasks.end; ++task) {
      const std::size_t plane = task % planes, depth = task / planes % depths;
      if (task == tasks.begin || plane == 0) band.start(depth, task / planes / depths, x);
      band.run(x + plane * window.in_positions(), y + (plane * depths + depth) * out_plane);
    }
  });
}

}  // namespace fourfold
