#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "base/round_up.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_parts.h"
#include "ops/convolution/plane_band.h"

namespace fourfold {
namespace {

// How the work is cut: a task is a band of rows of the output of one plane, a channel of an image.
// All first bands, then all second ones: planes are many, and a band's geometry is one for all.
struct PlanesPlan {
  std::size_t planes;
  std::size_t band_rows;
  std::size_t bands;
  std::size_t parts;
  PlaneBand layout;

  PlanesPlan(const ConvShape& shape, const Execution& execution)
      : planes(shape.images * shape.groups),
        band_rows(choose_rows(shape.window)),
        bands(ceil_div(shape.window.height().out, band_rows)),
        parts(conv_parts(planes * bands, shape.multiply_adds(), execution)),
        layout(shape.window, band_rows, deinterleave_kernels(execution.isa)) {}

  std::size_t part_elements() const {
    return round_up(layout.elements(), kAlignment / sizeof(float));
  }

 private:
  // A band takes a quarter of L2 at most.
  static std::size_t choose_rows(const Window& window) {
    const WindowAxis& height = window.height();
    const std::size_t fit = cache_sizes().l2 / 4 / sizeof(float) / (window.width().in + 1);
    const std::size_t rows = std::clamp<std::size_t>(fit / height.stride, 1, height.out);
    return ceil_div(height.out, ceil_div(height.out, rows));  // nearly equal bands
  }
};

class ByPlanes {
 public:
  ByPlanes(const ConvShape& shape, const PlanesPlan& plan, const ConvData& data,
           const float* weight, const std::size_t* offsets, const Execution& execution)
      : shape_(shape),
        plan_(plan),
        data_(data),
        weight_(weight),
        offsets_(offsets),
        depthwise_(depthwise_f32_kernels(execution.isa)),
        finish_(data.finish, execution.isa) {}

  void run(Range tasks, float* scratch) const {
    while (tasks.begin < tasks.end) {
      const std::size_t band = tasks.begin / plan_.planes, before = band * plan_.planes;
      const std::size_t end = std::min(tasks.end, before + plan_.planes);
      run_band(band, {tasks.begin - before, end - before}, scratch);
      tasks.begin = end;
    }
  }

 private:
  void run_band(std::size_t band, Range planes, float* scratch) const {
    const Window& window = shape_.window;
    const std::size_t first = band * plan_.band_rows;
    const std::size_t rows = std::min(plan_.band_rows, window.height().out - first);
    plan_.layout.fill(0.0f, scratch);
    PlaneCopy copy(plan_.layout);
    copy.start(first, rows, 0.0f, data_.x, scratch);
    std::size_t channel = planes.begin % shape_.groups;
    for (std::size_t plane = planes.begin; plane < planes.end; ++plane) {
      copy.copy(data_.x + plane * window.in_positions(), scratch);
      const std::size_t at = plane * window.out_positions() + first * window.width().out;
      convolve(channel, scratch, at, rows);
      channel = channel + 1 == shape_.groups ? 0 : channel + 1;
    }
  }

  // These rows of a channel, which begin at y[at].
  void convolve(std::size_t channel, const float* band, std::size_t at, std::size_t rows) const {
    const WindowAxis &height = shape_.window.height(), &width = shape_.window.width();
    const float* weight = weight_ + channel * shape_.depth();
    const float bias = data_.bias == nullptr ? 0.0f : data_.bias[channel];
    float* y = data_.y + at;
    depthwise_.plane({band, offsets_, plan_.layout.x_row_step(), weight, bias, y, width.out, rows,
                      width.out, height.points, height.stride});
    if (data_.finish.does_nothing()) return;
    const float* residual = data_.finish.residual;
    if (residual != nullptr) residual += at;
    const std::size_t count = rows * width.out;
    finish_.rows_of_channels({y, count, residual, count, y, count, 1, count, channel});
  }

  const ConvShape& shape_;
  const PlanesPlan& plan_;
  const ConvData& data_;
  const float* weight_;
  const std::size_t* offsets_;
  const DepthwiseF32Kernels& depthwise_;
  const ConvFinisher finish_;
};

std::size_t offset_bytes(const ConvShape& shape) {
  return round_up(shape.window.width().points * sizeof(std::size_t), kAlignment);
}

}  // namespace

bool can_go_by_planes(const ConvShape& shape) {
  const WindowAxis& height = shape.window.height();
  return shape.channels == 1 && shape.filters == 1 && shape.window.depth().in == 1 &&
         shape.window.depth().out == 1 && shape.window.depth().points == 1 &&
         height.dilation == 1 && height.points == shape.window.width().points &&
         has_plane_kernel(height.points, height.stride);
}

std::size_t conv_by_planes_scratch(const ConvShape& shape, const Execution& execution) {
  const PlanesPlan plan(shape, execution);
  return offset_bytes(shape) + plan.parts * plan.part_elements() * sizeof(float);
}

void conv_by_planes(const ConvShape& shape, const ConvData& data, const float* weight,
                    std::byte* scratch, const Execution& execution) {
  const PlanesPlan plan(shape, execution);
  auto* offsets = reinterpret_cast<std::size_t*>(scratch);
  for (std::size_t x = 0; x < shape.window.width().points; ++x)
    offsets[x] = plan.layout.offset(0, x);
  const ByPlanes conv(shape, plan, data, weight, offsets, execution);
  auto* part_scratch = reinterpret_cast<float*>(scratch + offset_bytes(shape));
  execution.pool->run(plan.parts, [&](std::size_t part) {
    conv.run(part_of(plan.planes * plan.bands, 1, plan.parts, part),
             part_scratch + part * plan.part_elements());
  });
}

}  // namespace fourfold
