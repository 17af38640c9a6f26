#include <algorithm>
#include <cstring>

#include "base/aligned_buffer.h"
#include "base/cache_sizes.h"
#include "base/round_up.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

constexpr std::size_t kRowTile = 12;
constexpr std::size_t kMostRows =
    192;  // of one panel, 16 tiles: enough to spread what a call costs

// How the work is cut: a task is a panel of output positions, of all images, of one group.
struct RowsPlan {
  std::size_t positions;  // of all images
  std::size_t panel_rows;
  std::size_t panels;
  std::size_t tasks;
  std::size_t parts;
  bool reads_x;  // where x itself has the rows: channels last, a single point, no stride, no border

  RowsPlan(const ConvShape& shape, ConvLayout layout, const Execution& execution)
      : positions(shape.images * shape.window.out_positions()),
        panel_rows(choose_rows(shape, positions, execution)),
        panels(ceil_div(positions, panel_rows)),
        tasks(panels * shape.groups),
        parts(conv_parts(tasks, shape.multiply_adds(), execution)),
        reads_x(layout == ConvLayout::kChannelsLast && shape.window.is_pointwise()) {}

  // What lies under the windows; after the product, channels first, the residual of the sums.
  std::size_t gathered_elements(const ConvShape& shape) const {
    const std::size_t widest = std::max(shape.depth(), shape.filters);
    return reads_x ? 0 : round_up(panel_rows * widest, kAlignment / sizeof(float));
  }
  std::size_t part_elements(const ConvShape& shape) const {
    return gathered_elements(shape) + panel_rows * padded_columns(shape.filters);
  }

 private:
  // A panel takes a quarter of L2 at most, and there are panels for all threads.
  static std::size_t choose_rows(const ConvShape& shape, std::size_t positions,
                                 const Execution& execution) {
    const std::size_t row_bytes = shape.depth() * sizeof(float) + 1;
    const std::size_t fit = cache_sizes().l2 / 4 / row_bytes / kRowTile * kRowTile;
    const std::size_t shared = round_up(ceil_div(positions, execution.threads), kRowTile);
    return std::clamp(std::min(fit, shared), kRowTile, kMostRows);
  }
};

class ByRows {
 public:
  ByRows(const ConvShape& shape, const RowsPlan& plan, ConvLayout layout, const ConvData& data,
         const float* weight, const Execution& execution)
      : shape_(shape),
        plan_(plan),
        channels_last_(layout == ConvLayout::kChannelsLast),
        data_(data),
        weight_(weight),
        gemm_(gemm_f32_kernels(execution.isa)),
        finish_(data.finish, execution.isa) {}

  void run(std::size_t task, float* scratch) const {
    const std::size_t group = task / plan_.panels;
    const std::size_t first = task % plan_.panels * plan_.panel_rows;
    const Range rows = {first, std::min(first + plan_.panel_rows, plan_.positions)};
    const std::size_t depth = shape_.depth();
    const float* x = scratch;
    std::size_t x_stride = depth;
    if (plan_.reads_x) {
      x = data_.x + (first * shape_.groups + group) * shape_.channels;
      x_stride = shape_.groups * shape_.channels;
    } else {
      for (std::size_t row = rows.begin; row < rows.end; ++row)
        gather(group, position_at(shape_.window, row), scratch + (row - rows.begin) * depth);
    }
    if (channels_last_) return multiply_to_y(group, rows, x, x_stride);
    float* sums = scratch + plan_.gathered_elements(shape_);
    multiply(group, rows, x, x_stride, sums, shape_.filters);
    finish_and_scatter(group, rows, scratch, sums);
  }

 private:
  // What lies under one window.
  void gather(std::size_t group, const Position& position, float* to) const {
    const Window& window = shape_.window;
    const std::size_t channels = shape_.channels, in_positions = window.in_positions();
    const std::size_t all = shape_.groups * channels;
    const float* image = data_.x + position.image * all * in_positions;
    for (std::size_t z = 0; z < window.depth().points; ++z) {
      const std::int64_t at_z = window.depth().position(position.at[0], z);
      for (std::size_t y = 0; y < window.height().points; ++y) {
        const std::int64_t at_y = window.height().position(position.at[1], y);
        const bool row_inside = window.depth().holds(at_z) && window.height().holds(at_y);
        if (row_inside && lies_together(position)) {
          const auto row =
              static_cast<std::size_t>(at_z) * window.height().in + static_cast<std::size_t>(at_y);
          const auto at = static_cast<std::size_t>(window.width().position(position.at[2], 0));
          const std::size_t count = window.width().points * channels;
          std::memcpy(to, image + (row * window.width().in + at) * all, count * sizeof(float));
          to += count;
          continue;
        }
        for (std::size_t x = 0; x < window.width().points; ++x, to += channels) {
          const std::int64_t at_x = window.width().position(position.at[2], x);
          if (!row_inside || !window.width().holds(at_x)) {
            std::fill_n(to, channels, 0.0f);
            continue;
          }
          const std::size_t at = (static_cast<std::size_t>(at_z) * window.height().in +
                                  static_cast<std::size_t>(at_y)) *
                                     window.width().in +
                                 static_cast<std::size_t>(at_x);
          copy_channels(image, at, group * channels, in_positions, all, to);
        }
      }
    }
  }

  // Whether what lies under a row of the window there is one run of x.
  bool lies_together(const Position& position) const {
    const WindowAxis& width = shape_.window.width();
    return channels_last_ && shape_.groups == 1 && width.dilation == 1 &&
           width.holds(width.position(position.at[2], 0)) &&
           width.holds(width.position(position.at[2], width.points - 1));
  }

  void copy_channels(const float* image, std::size_t at, std::size_t first,
                     std::size_t in_positions, std::size_t all, float* to) const {
    if (channels_last_) {
      std::memcpy(to, image + at * all + first, shape_.channels * sizeof(float));
      return;
    }
    for (std::size_t c = 0; c < shape_.channels; ++c)
      to[c] = image[(first + c) * in_positions + at];
  }

  void multiply(std::size_t group, Range rows, const float* x, std::size_t x_stride, float* y,
                std::size_t y_stride) const {
    const std::size_t filters = shape_.filters, depth = shape_.depth();
    const std::size_t wide = padded_columns(filters);
    const PackedF32 weight = {weight_ + group * wide * depth, depth, filters};
    const float* bias = data_.bias == nullptr ? nullptr : data_.bias + group * wide;
    gemm_.block({x, x_stride, weight.panels_from(0), bias, nullptr, y, y_stride, rows.size(), wide,
                 filters, depth});
  }

  void multiply_to_y(std::size_t group, Range rows, const float* x, std::size_t x_stride) const {
    const std::size_t filters = shape_.filters, all = shape_.groups * filters;
    const std::size_t at = rows.begin * all + group * filters;
    float* y = data_.y + at;
    multiply(group, rows, x, x_stride, y, all);
    if (data_.finish.does_nothing()) return;
    const float* residual = data_.finish.residual;
    if (residual != nullptr) residual += at;
    finish_.columns_of_channels(
        {y, all, residual, all, y, all, rows.size(), filters, group * filters});
  }

  // Of y with channels first. `residual` is memory for that of these sums, in their order.
  void finish_and_scatter(std::size_t group, Range rows, float* residual, float* sums) const {
    const std::size_t filters = shape_.filters, positions = shape_.window.out_positions();
    const float* all = data_.finish.residual;
    if (all != nullptr) {
      visit_places(group, rows, [&](std::size_t at, std::size_t sum) {
        for (std::size_t filter = 0; filter < filters; ++filter)
          residual[sum + filter] = all[at + filter * positions];
      });
    }
    if (!data_.finish.does_nothing()) {
      finish_.columns_of_channels({sums, filters, all == nullptr ? nullptr : residual, filters,
                                   sums, filters, rows.size(), filters, group * filters});
    }
    visit_places(group, rows, [&](std::size_t at, std::size_t sum) {
      for (std::size_t filter = 0; filter < filters; ++filter)
        data_.y[at + filter * positions] = sums[sum + filter];
    });
  }

  // Calls work(at, sum) for each of these positions: where its first filter of the group is in y, with
  // channels first, and among the sums.
  template <class Work>
  void visit_places(std::size_t group, Range rows, const Work& work) const {
    const std::size_t filters = shape_.filters, positions = shape_.window.out_positions();
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const std::size_t image = row / positions;
      const std::size_t at =
          (image * shape_.groups + group) * filters * positions + row % positions;
      work(at, (row - rows.begin) * filters);
    }
  }

  const ConvShape& shape_;
  const RowsPlan& plan_;
  const bool channels_last_;
  const ConvData& data_;
  const float* weight_;
  const GemmF32Kernels& gemm_;
  const ConvFinisher finish_;
};

}  // namespace

std::size_t conv_by_rows_scratch(const ConvShape& shape, ConvLayout layout,
                                 const Execution& execution) {
  const RowsPlan plan(shape, layout, execution);
  return plan.parts * plan.part_elements(shape) * sizeof(float);
}

void conv_by_rows(const ConvShape& shape, ConvLayout layout, const ConvData& data,
                  const float* weight, std::byte* scratch, const Execution& execution) {
  const RowsPlan plan(shape, layout, execution);
  const ByRows conv(shape, plan, layout, data, weight, execution);
  auto* part_scratch = reinterpret_cast<float*>(scratch);
  execution.pool->run(plan.parts, [&](std::size_t part) {
    const Range tasks = part_of(plan.tasks, 1, plan.parts, part);
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      conv.run(task, part_scratch + part * plan.part_elements(shape));
  });
}

}  // namespace fourfold
