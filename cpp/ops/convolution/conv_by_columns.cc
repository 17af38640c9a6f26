#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/band_copy.h"
#include "ops/convolution/columns_plan.h"
#include "ops/convolution/conv_f32.h"

namespace fourfold {
namespace {

// Rows of at least so many positions are multiplied one by one if that wastes little.
constexpr std::size_t kFewestColumns = 64;

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
        deinterleave_(deinterleave_kernels(execution.isa)),
        finish_(data.finish, execution.isa) {}

  // The offsets of the rows that the product multiplies by: in a band, and in x.
  void write_offsets(std::size_t* offsets) {
    in_band_ = offsets;
    plan_.layout.write_offsets(shape_.window, shape_.channels, offsets);
    in_x_ = offsets + shape_.depth();
    for (std::size_t c = 0; c < shape_.channels; ++c)
      offsets[shape_.depth() + c] = c * shape_.window.in_positions();
  }

  void run(const ColumnsTask& task, float* scratch) const {
    const std::size_t group_channels = task.image * shape_.groups + task.group;
    const float* x = data_.x + group_channels * shape_.channels * shape_.window.in_positions();
    float* sums = scratch + plan_.band_elements(shape_);
    if (reads_x(task)) {
      const std::size_t first = task.rows.depth * shape_.window.height().out + task.rows.first;
      return multiply(task, {x + first * shape_.window.width().in, kPanelColumns, 0, in_x_}, sums);
    }
    BandCopy(plan_.layout, shape_.window, task.rows, deinterleave_)
        .copy(x, shape_.channels, scratch);
    multiply(task, {scratch, kPanelColumns, 0, in_band_}, sums);
  }

 private:
  // Not at the end of x: of the last channel, too, whole panels are read.
  bool reads_x(const ColumnsTask& task) const {
    const Window& window = shape_.window;
    const std::size_t row = task.rows.depth * window.height().out + task.rows.first;
    const std::size_t end = (row + task.rows.count) * window.width().out;
    const std::size_t groups = shape_.images * shape_.groups;
    const std::size_t groups_before = task.image * shape_.groups + task.group;
    const std::size_t channels_left = (groups - groups_before - 1) * shape_.channels + 1;
    return plan_.reads_x && end + kPanelColumns <= channels_left * window.in_positions();
  }

  // Where the positions of a band have no gaps between the rows, or those are few compared with
  // what whole panels waste at the end of each row, they are one run.
  void multiply(const ColumnsTask& task, const GemmF32Weight& band, float* sums) const {
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
  void multiply_run(const ColumnsTask& task, GemmF32Weight band, std::size_t count,
                    float* y) const {
    const std::size_t step = ColumnsPlan::columns_per_call(shape_);
    for (std::size_t column = 0; column < count; column += step, band.data += step) {
      const std::size_t columns = std::min(step, count - column);
      product(task, band, columns, y + column, placement_.filter);
      if (data_.finish.does_nothing()) continue;
      finish_.rows_of_channels(tile(y + column, placement_.filter, y + column, task.filters.size(),
                                    columns, filter_of(task)));
    }
  }

  // By way of `sums`: of each row only those positions that mean something.
  void multiply_and_place(const ColumnsTask& task, GemmF32Weight band, std::size_t count,
                          float* sums, float* y) const {
    const std::size_t width = shape_.window.width().out, pitch = plan_.layout.width;
    const std::size_t step = ColumnsPlan::columns_per_call(shape_);
    for (std::size_t begin = 0; begin < count; begin += step, band.data += step) {
      const std::size_t end = std::min(begin + step, count);
      product(task, band, end - begin, sums, step);
      visit_rows_of_run(
          begin, end, pitch, width,
          [&](std::size_t row, std::size_t first, std::size_t columns, std::size_t at) {
            float* to = y + row * placement_.row + first * placement_.column;
            place(
                tile(sums + (at - begin), step, to, task.filters.size(), columns, filter_of(task)));
          });
    }
  }

  // The residual lies as y does.
  ConvTile tile(const float* sums, std::size_t sums_stride, float* y, std::size_t filters,
                std::size_t columns, std::size_t filter) const {
    const float* residual = data_.finish.residual;
    if (residual != nullptr) residual += y - data_.y;
    return {sums,    sums_stride, residual, placement_.filter, y, placement_.filter,
            filters, columns,     filter};
  }

  void place(const ConvTile& tile) const {
    if (placement_.column == 1) return finish_.rows_of_channels(tile);
    ConvTile finished = tile;
    finished.y = const_cast<float*>(tile.sums);
    finished.y_stride = tile.sums_stride;
    finish_.rows_of_channels(finished);
    for (std::size_t r = 0; r < tile.rows; ++r) {
      for (std::size_t i = 0; i < tile.columns; ++i)
        tile.y[r * tile.y_stride + i * placement_.column] = tile.sums[r * tile.sums_stride + i];
    }
  }

  void product(const ColumnsTask& task, const GemmF32Weight& band, std::size_t columns, float* y,
               std::size_t y_stride) const {
    const std::size_t filter = filter_of(task);
    const float* bias = data_.bias == nullptr ? nullptr : data_.bias + filter;
    const std::size_t depth = shape_.depth();
    gemm_.gathered({weight_ + filter * depth, depth, band, nullptr, bias, y, y_stride,
                    task.filters.size(), round_up(columns, kPanelColumns), columns, depth});
  }

  std::size_t filter_of(const ColumnsTask& task) const {
    return task.group * shape_.filters + task.filters.begin;
  }

  float* task_y(const ColumnsTask& task) const {
    return data_.y + placement_.first + task.image * placement_.image +
           filter_of(task) * placement_.filter + task.rows.depth * placement_.depth +
           task.rows.first * placement_.row;
  }

  const ConvShape& shape_;
  const ColumnsPlan& plan_;
  const ConvPlacement& placement_;
  const ConvData& data_;
  const float* weight_;
  const GemmF32Kernels& gemm_;
  const DeinterleaveKernels& deinterleave_;
  const ConvFinisher finish_;
  const std::size_t* in_band_ = nullptr;
  const std::size_t* in_x_ = nullptr;
};

std::size_t offset_bytes(const ConvShape& shape, const ColumnsPlan& plan) {
  return round_up(plan.offset_count(shape) * sizeof(std::size_t), kAlignment);
}

}  // namespace

std::size_t conv_by_columns_scratch(const ConvShape& shape, const Execution& execution) {
  const ColumnsPlan plan(shape, execution);
  return offset_bytes(shape, plan) + plan.parts * plan.part_elements(shape) * sizeof(float);
}

void conv_by_columns(const ConvShape& shape, const ConvPlacement& placement, const ConvData& data,
                     const float* weight, std::byte* scratch, const Execution& execution) {
  const ColumnsPlan plan(shape, execution);
  ByColumns conv(shape, plan, placement, data, weight, execution);
  conv.write_offsets(reinterpret_cast<std::size_t*>(scratch));
  auto* part_scratch = reinterpret_cast<float*>(scratch + offset_bytes(shape, plan));
  execution.pool->run(plan.parts, [&](std::size_t part) {
    const Range tasks = part_of(plan.tasks, 1, plan.parts, part);
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      conv.run(plan.task(shape, task), part_scratch + part * plan.part_elements(shape));
  });
}

}  // namespace fourfold
