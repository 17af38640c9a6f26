#include "ops/convolution/transposed_patches.h"

#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "kernels/deinterleave/deinterleave.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "matmul/packed_weights.h"
#include "ops/convolution/band.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// Sums of one product: they stay in L1 while they are activated and interleaved.
constexpr std::size_t kSumsPerCall = 8192;
constexpr std::size_t kFewestColumns = 64;  // of one product: the widest tile

// How the work is cut: a task is some positions of one group of one image.
struct PatchesPlan {
  std::size_t rows;       // of a group's products: points x filters
  std::size_t positions;  // of x
  std::size_t columns;    // of one task
  std::size_t runs;       // of positions
  std::size_t tasks;
  std::size_t parts;

  PatchesPlan(const ConvShape& shape, const Execution& execution)
      : rows(shape.window.points() * shape.filters),
        positions(shape.window.out_positions()),
        columns(std::min(
            std::max(kFewestColumns, kSumsPerCall / rows / kFewestColumns * kFewestColumns),
            round_up(positions, kPanelColumns))),
        runs((positions + columns - 1) / columns),
        tasks(shape.images * shape.groups * runs),
        parts(conv_parts(tasks, shape.multiply_adds(), execution)) {}

  std::size_t bias_bytes(const ConvShape& shape) const {
    return round_up(shape.groups * rows * sizeof(float), kAlignment);
  }
  // Sums, and the last panel of x.
  std::size_t part_elements(const ConvShape& shape) const {
    return rows * columns + shape.channels * kPanelColumns;
  }
};

class Patches {
 public:
  Patches(const ConvShape& shape, const PatchesPlan& plan, const ConvData& data,
          const float* weight, const float* bias, const Execution& execution)
      : shape_(shape),
        plan_(plan),
        data_(data),
        weight_(weight),
        bias_(bias),
        gemm_(gemm_f32_kernels(execution.isa)),
        interleave_(deinterleave_kernels(execution.isa).interleave),
        finish_(data.finish, execution.isa) {}

  void run(std::size_t task, float* sums) const {
    const std::size_t image_group = task / plan_.runs;
    const std::size_t group = image_group % shape_.groups;
    const std::size_t first = task % plan_.runs * plan_.columns;
    const Range run = {first, std::min(first + plan_.columns, plan_.positions)};
    const float* x = data_.x + image_group * shape_.channels * plan_.positions;
    const std::size_t whole = run.size() / kPanelColumns * kPanelColumns;
    if (whole > 0) multiply(group, x + run.begin, plan_.positions, whole, sums);
    if (whole < run.size()) {
      float* panel = sums + plan_.rows * plan_.columns;
      copy_panel(x, {run.begin + whole, run.end}, panel);
      multiply(group, panel, kPanelColumns, run.size() - whole, sums + whole);
    }
    if (!data_.finish.does_nothing()) {
      finish_.rows_of_channels(
          {sums, plan_.columns, nullptr, 0, sums, plan_.columns, plan_.rows, run.size(), 0});
    }
    place(run, sums, data_.y + image_group * shape_.filters * shape_.window.in_positions());
  }

 private:
  // Kernels read whole panels of columns.
  void copy_panel(const float* x, Range positions, float* panel) const {
    std::fill_n(panel, shape_.channels * kPanelColumns, 0.0f);
    for (std::size_t c = 0; c < shape_.channels; ++c) {
      std::copy_n(x + c * plan_.positions + positions.begin, positions.size(),
                  panel + c * kPanelColumns);
    }
  }

  // The weights of one group are one matrix if there are no others.
  void multiply(std::size_t group, const float* x, std::size_t x_stride, std::size_t columns,
                float* sums) const {
    const bool alone = shape_.groups == 1;
    const std::size_t rows = alone ? plan_.rows : shape_.filters;
    for (std::size_t row = 0; row < plan_.rows; row += rows) {
      const std::size_t filter = row * shape_.groups + group * shape_.filters;
      gemm_.block({weight_ + filter * shape_.channels,
                   shape_.channels,
                   {x, kPanelColumns, x_stride, nullptr},
                   nullptr,
                   data_.bias == nullptr ? nullptr : bias_ + filter,
                   sums + row * plan_.columns,
                   plan_.columns,
                   rows,
                   round_up(columns, kPanelColumns),
                   columns,
                   shape_.channels});
    }
  }

  void place(Range run, const float* sums, float* y) const {
    const WindowAxis &depth = shape_.window.depth(), &height = shape_.window.height(),
                     &width = shape_.window.width();
    const std::size_t filter = shape_.window.in_positions();
    visit_rows_of_run(run.begin, run.end, width.out, width.out,
                      [&](std::size_t row, std::size_t first, std::size_t count, std::size_t at) {
                        const std::size_t z = row / height.out * depth.points;
                        const std::size_t h = row % height.out * height.points;
                        const float* from = sums + (at - run.begin);
                        for (std::size_t point = 0; point < depth.points * height.points; ++point) {
                          const std::size_t y_row =
                              (z + point / height.points) * height.in + h + point % height.points;
                          interleave_({from + point * width.points * shape_.filters * plan_.columns,
                                       plan_.columns, shape_.filters * plan_.columns,
                                       y + y_row * width.in + first * width.points, filter,
                                       shape_.filters, width.points, count});
                        }
                      });
  }

  const ConvShape& shape_;
  const PatchesPlan& plan_;
  const ConvData& data_;
  const float* weight_;
  const float* bias_;  // [points][groups * filters]
  const GemmF32Kernels& gemm_;
  void (*const interleave_)(const InterleaveBlock&);
  const ConvFinisher finish_;
};

}  // namespace

bool makes_patches(const Window& whole) {
  return std::all_of(std::begin(whole.axes), std::end(whole.axes), [](const WindowAxis& axis) {
    return axis.points == axis.stride && axis.dilation == 1 && axis.pad == 0 &&
           axis.in == axis.out * axis.stride;
  });
}

std::size_t transposed_patches_scratch(const ConvShape& shape, const Execution& execution) {
  const PatchesPlan plan(shape, execution);
  return plan.bias_bytes(shape) + plan.parts * plan.part_elements(shape) * sizeof(float);
}

void transposed_patches(const ConvShape& shape, const ConvData& data, const float* weight,
                        std::byte* scratch, const Execution& execution) {
  const PatchesPlan plan(shape, execution);
  auto* bias = reinterpret_cast<float*>(scratch);
  if (data.bias != nullptr) {
    const std::size_t filters = shape.groups * shape.filters;
    for (std::size_t point = 0; point < shape.window.points(); ++point)
      std::copy_n(data.bias, filters, bias + point * filters);
  }
  const Patches patches(shape, plan, data, weight, bias, execution);
  auto* part_scratch = reinterpret_cast<float*>(scratch + plan.bias_bytes(shape));
  execution.pool->run(plan.parts, [&](std::size_t part) {
    const Range tasks = part_of(plan.tasks, 1, plan.parts, part);
    for (std::size_t task = tasks.begin; task < tasks.end; ++task)
      patches.run(task, part_scratch + part * plan.part_elements(shape));
  });
}

}  // namespace fourfold
