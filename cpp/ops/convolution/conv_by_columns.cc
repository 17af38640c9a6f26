#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/band.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// Sums of one kernel call: they stay in L1 while they are activated and put in their places.
constexpr std::size_t kSumsPerCall = 8192;
constexpr std::size_t kFewestColumns = 64;  // of one kernel call: the widest tile
constexpr std::size_t kRowTile = 12;        // filters are shared out in multiples of this

// How the work is cut: a task is some rows of output of some filters of one group of one image.
struct ColumnsPlan {
  std::size_t band_rows;
  std::size_t bands;         // of one position in depth
  std::size_t filter_parts;  // 1 unless there are fewer rows than threads
  std::size_t tasks;
  std::size_t parts;  // that run at the same time, each with its scratch
  bool reads_x;       // where x itself is the band: a single point, no stride, no border
  bool by_plane;      // where each channel has its own filter, and depthwise_f32 a kernel for it
  BandLayout layout;

  ColumnsPlan(const ConvShape& shape, const ConvPlacement& placement, const Execution& execution)
      : band_rows(choose_band_rows(shape, execution)),
        bands((shape.window.height().out + band_rows - 1) / band_rows),
        filter_parts(choose_filter_parts(shape, execution)),
        tasks(band_count(shape) * filter_parts),
        parts(conv_parts(tasks, shape.multiply_adds(), execution)),
        reads_x(shape.window.is_pointwise()),
        by_plane(placement.column == 1 && is_by_plane(shape)),
        layout(shape.window, band_rows) {}

  std::size_t band_elements(const ConvShape& shape) const {
    return round_up(layout.elements(shape.channels), kAlignment / sizeof(float));
  }
  std::size_t part_elements(const ConvShape& shape) const {
    return band_elements(shape) + sums_elements(shape);
  }
  std::size_t offset_count(const ConvShape& shape) const {
    const WindowAxis& height = shape.window.height();
    if (by_plane) {
      return plane_offset_rows(height.points, height.stride) * shape.window.width().points;
    }
    return shape.depth() + shape.channels;
  }
  std::size_t columns_per_call(const ConvShape& shape) const {
    return std::max(kFewestColumns, kSumsPerCall / shape.filters / kFewestColumns * kFewestColumns);
  }
  std::size_t sums_elements(const ConvShape& shape) const {
    return shape.filters * columns_per_call(shape);
  }

 private:
  static bool is_by_plane(const ConvShape& shape) {
    const WindowAxis& height = shape.window.height();
    return shape.channels == 1 && shape.filters == 1 && shape.window.depth().points == 1 &&
           height.dilation == 1 && has_plane_kernel(height.points, height.stride);
  }

  std::size_t band_count(const ConvShape& shape) const {
    return shape.images * shape.groups * shape.window.depth().out * bands;
  }

  // A band takes half of L2 at most, and there are bands for all threads.
  static std::size_t choose_band_rows(const ConvShape& shape, const Execution& execution) {
    const WindowAxis& height = shape.window.height();
    const BandLayout one_row(shape.window, 1);
    const std::size_t halo = one_row.height - 1;
    const std::size_t row_bytes =
        shape.channels * one_row.channel / one_row.height * sizeof(float) + 1;
    const std::size_t fit = cache_sizes().l2 / 2 / row_bytes;
    const std::size_t others = shape.images * shape.groups * shape.window.depth().out;
    const std::size_t bands_wanted = (execution.threads + others - 1) / others;
    const std::size_t shared = std::max<std::size_t>(1, height.out / bands_wanted);
    const std::size_t most = fit > halo ? fit - halo : 1;
    const std::size_t rows = std::clamp<std::size_t>(most, 1, std::min(shared, height.out));
    const std::size_t bands_of_rows = (height.out + rows - 1) / rows;
    return (height.out + bands_of_rows - 1) / bands_of_rows;
  }

  std::size_t choose_filter_parts(const ConvShape& shape, const Execution& execution) const {
    const std::size_t wanted = (execution.threads + band_count(shape) - 1) / band_count(shape);
    return std::clamp<std::size_t>(wanted, 1, (shape.filters + kRowTile - 1) / kRowTile);
  }
};

struct Task {
  std::size_t image;
  std::size_t group;
  BandRows rows;
  Range filters;  // of the group
};

Task task_at(const ConvShape& shape, const ColumnsPlan& plan, std::size_t index) {
  Task task = {};
  task.filters = part_of(shape.filters, kRowTile, plan.filter_parts, index % plan.filter_parts);
  index /= plan.filter_parts;
  task.rows.first = index % plan.bands * plan.band_rows;
  task.rows.count = std::min(plan.band_rows, shape.window.height().out - task.rows.first);
  index /= plan.bands;
  task.rows.depth = index % shape.window.depth().out;
  index /= shape.window.depth().out;
  task.group = index % shape.groups;
  task.image = index / shape.groups;
  return task;
}

// One convolution by columns, as all threads see it.
class ByColumns {
 public:
  ByColumns(const ConvShape& shape, const ColumnsPlan& plan, const ConvPlacement& placement,
            const ConvData& data, const float* weight, const Execution& execution)
      : shape_(shape),
        plan_(plan),
        placement_(placement),
        data_(data),
        weight_(weight),
        gemm_(gemm_f32_kernels(execution.isa)),
        depthwise_(depthwise_f32_kernels(execution.isa)),
        deinterleave_(deinterleave_kernels(execution.isa)),
        activate_(activation_function(activation_kernels(execution.isa), data.activation)) {}

  // The offsets of the rows that the product multiplies by: in a band, and in x.
  void write_offsets(std::size_t* offsets) {
    in_band_ = offsets;
    if (plan_.by_plane) {
      const WindowAxis& height = shape_.window.height();
      plan_.layout.write_row_offsets(shape_.window, plane_offset_rows(height.points, height.stride),
                                     offsets);
      return;
    }
    plan_.layout.write_offsets(shape_.window, shape_.channels, offsets);
    in_x_ = offsets + shape_.depth();
    for (std::size_t c = 0; c < shape_.channels; ++c)
      offsets[shape_.depth() + c] = c * shape_.window.in_positions();
  }

  void run(const Task& task, float* scratch) const {
    const std::size_t group_channels = task.image * shape_.groups + task.group;
    const float* x = data_.x + group_channels * shape_.channels * shape_.window.in_positions();
    float* sums = scratch + plan_.band_elements(shape_);
    if (reads_x(task)) {
      const std::size_t first = task.rows.depth * shape_.window.height().out + task.rows.first;
      return multiply(task, {x + first * shape_.window.width().in, kPanelColumns, 0, in_x_}, sums);
    }
    copy_band(plan_.layout, shape_.window, {x, shape_.channels, 0.0f}, task.rows, deinterleave_,
              scratch);
    if (plan_.by_plane) return convolve_plane(task, scratch);
    multiply(task, {scratch, kPanelColumns, 0, in_band_}, sums);
  }

 private:
  // Not the end of x, behind which whole panels would reach.
  bool reads_x(const Task& task) const {
    const Window& window = shape_.window;
    const std::size_t end =
        (task.rows.depth * window.height().out + task.rows.first + task.rows.count) *
        window.width().out;
    const bool last = task.image + 1 == shape_.images && task.group + 1 == shape_.groups;
    return plan_.reads_x && (!last || round_up(end, kPanelColumns) <= window.in_positions());
  }

  void convolve_plane(const Task& task, const float* band) const {
    const WindowAxis &height = shape_.window.height(), &width = shape_.window.width();
    const std::size_t depth = shape_.depth();
    const float bias = data_.bias == nullptr ? 0.0f : data_.bias[task.group];
    float* y = task_y(task);
    depthwise_.plane({band, in_band_, plan_.layout.width, weight_ + task.group * depth, bias, y,
                      placement_.row, task.rows.count, width.out, height.points, width.points,
                      height.stride});
    if (data_.activation == Activation::identity) return;
    activate_({y, placement_.row, y, placement_.row, task.rows.count, width.out, data_.alpha});
  }

  // Where the positions of a band have no gaps between the rows, or those are few compared with
  // what whole panels waste at the end of each row, they are one run.
  void multiply(const Task& task, const GemmF32Weight& band, float* sums) const {
    const std::size_t width = shape_.window.width().out, pitch = plan_.layout.width;
    const std::size_t run = plan_.layout.run(task.rows.count, shape_.window);
    float* y = task_y(task);
    if (pitch == width && placement_.column == 1 && placement_.row == width) {
      return multiply_run(task, band, run, y);
    }
    const std::size_t by_row = task.rows.count * round_up(width, kPanelColumns);
    if (placement_.column == 1 && width >= kFewestColumns && by_row * 16 <= run * 17) {
      for (std::size_t r = 0; r < task.rows.count; ++r) {
        GemmF32Weight row = band;
        row.data += r * pitch;
        multiply_run(task, row, width, y + r * placement_.row);
      }
      return;
    }
    multiply_and_place(task, band, run, sums, y);
  }

  // Straight into y, where these positions are neighbours.
  void multiply_run(const Task& task, GemmF32Weight band, std::size_t count, float* y) const {
    const std::size_t step = plan_.columns_per_call(shape_);
    for (std::size_t column = 0; column < count; column += step, band.data += step) {
      const std::size_t columns = std::min(step, count - column);
      product(task, band, columns, y + column, placement_.filter);
      if (data_.activation == Activation::identity) continue;
      activate_({y + column, placement_.filter, y + column, placement_.filter, task.filters.size(),
                 columns, data_.alpha});
    }
  }

  // By way of `sums`: of each row only those positions that mean something.
  void multiply_and_place(const Task& task, GemmF32Weight band, std::size_t count, float* sums,
                          float* y) const {
    const std::size_t width = shape_.window.width().out, pitch = plan_.layout.width;
    const std::size_t step = plan_.columns_per_call(shape_);
    for (std::size_t begin = 0; begin < count; begin += step, band.data += step) {
      const std::size_t end = std::min(begin + step, count);
      product(task, band, end - begin, sums, step);
      visit_rows_of_run(
          begin, end, pitch, width,
          [&](std::size_t row, std::size_t first, std::size_t columns, std::size_t at) {
            float* to = y + row * placement_.row + first * placement_.column;
            place({sums + (at - begin), step, to, placement_.filter, task.filters.size(), columns,
                   data_.alpha});
          });
    }
  }

  void place(const ActivationBlock& block) const {
    if (placement_.column == 1) return activate_(block);
    float* sums = const_cast<float*>(block.x);
    activate_({sums, block.x_stride, sums, block.x_stride, block.rows, block.columns, block.alpha});
    for (std::size_t r = 0; r < block.rows; ++r) {
      for (std::size_t i = 0; i < block.columns; ++i)
        block.y[r * block.y_stride + i * placement_.column] = sums[r * block.x_stride + i];
    }
  }

  void product(const Task& task, const GemmF32Weight& band, std::size_t columns, float* y,
               std::size_t y_stride) const {
    const std::size_t filter = task.group * shape_.filters + task.filters.begin;
    const float* bias = data_.bias == nullptr ? nullptr : data_.bias + filter;
    const std::size_t depth = shape_.depth();
    gemm_.gathered({weight_ + filter * depth, depth, band, nullptr, bias, y, y_stride,
                    task.filters.size(), round_up(columns, kPanelColumns), columns, depth});
  }

  float* task_y(const Task& task) const {
    const std::size_t filter = task.group * shape_.filters + task.filters.begin;
    return data_.y + placement_.first + task.image * placement_.image + filter * placement_.filter +
           task.rows.depth * placement_.depth + task.rows.first * placement_.row;
  }

  const ConvShape& shape_;
  const ColumnsPlan& plan_;
  const ConvPlacement& placement_;
  const ConvData& data_;
  const float* weight_;
  const GemmF32Kernels& gemm_;
  const DepthwiseF32Kernels& depthwise_;
  const DeinterleaveKernels& deinterleave_;
  const ActivationFunction activate_;
  const std::size_t* in_band_ = nullptr;
  const std::size_t* in_x_ = nullptr;
};

std::size_t offset_bytes(const ConvShape& shape, const ColumnsPlan& plan) {
  return round_up(plan.offset_count(shape) * sizeof(std::size_t), kAlignment);
}

}  // namespace

std::size_t conv_by_columns_scratch(const ConvShape& shape, const ConvPlacement& placement,
                                    const Execution& execution) {
  const ColumnsPlan plan(shape, placement, execution);
  return offset_bytes(shape, plan) + plan.parts * plan.part_elements(shape) * sizeof(float);
}

void conv_by_columns(const ConvShape& shape, const ConvPlacement& placement, const ConvData& data,
                     const float* weight, std::byte* scratch, const Execution& execution) {
  const ColumnsPlan plan(shape, placement, execution);
  ByColumns conv(shape, plan, placement, data, weight, execution);
  conv.write_offsets(reinterpret_cast<std::size_t*>(scratch));
  auto* part_scratch = reinterpret_cast<float*>(scratch + offset_bytes(shape, plan));
  execution.pool->run(plan.parts, [&](std::size_t part) {
    const Range tasks = part_of(plan.tasks, 1, plan.parts, part);
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      conv.run(task_at(shape, plan, task), part_scratch + part * plan.part_elements(shape));
  });
}

}  // namespace fourfold
