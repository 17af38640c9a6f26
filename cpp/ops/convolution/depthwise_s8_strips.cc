#include "ops/convolution/depthwise_s8_strips.h"

#include <algorithm>

#include "matmul/packed_weights.h"
#include "ops/convolution/depthwise_s8_tasks.h"

namespace fourfold {
namespace {

// The memory of one part.
struct StripMemory {
  std::uint8_t* slots;  // of each plane of the window, its groups in a ring
  std::int32_t* sums;
  float* values;
  float* row_scales;
  std::int8_t* border;
  std::size_t* offsets;
  std::size_t bytes;

  StripMemory(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan, std::byte* memory) {
    const std::size_t channels = std::min(padded_channels(shape.channels), kBlockChannels);
    const std::size_t groups = shape.window.depth().points * plan.groups.count;
    bytes = 0;
    const auto take = [&](auto*& pointer, std::size_t count) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(memory + bytes);
      bytes += round_up(count * sizeof *pointer, kAlignment);
    };
    take(slots, groups * plan.slots * channels * kSlotChannelBytes);
    const std::size_t positions = plan.groups.rows * plan.columns;
    take(sums, positions * channels);
    take(values, positions * channels);
    take(row_scales, positions);
    take(border, kBorderBytes);
    take(offsets, plan.step_count());
  }
};

class StripRun {  // of one part
 public:
  StripRun(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
           const DepthwiseS8Weights& weights, const DepthwiseS8Data& data,
           const DepthwiseS8Kernels& kernels, const StripMemory& memory)
      : shape_(shape),
        window_(shape.window),
        plan_(plan),
        weights_(weights),
        data_(data),
        kernels_(kernels),
        memory_(memory) {
    std::fill_n(memory.row_scales, plan.groups.rows * plan.columns, data.input_scale);
    std::fill_n(memory.border, kBorderBytes, data.border);
  }

  void run(const DepthwiseS8Strip& strip) const {
    for (std::size_t tile = strip.tiles.begin; tile < strip.tiles.end; ++tile) {
      const std::size_t count = plan_.groups.count;
      const std::size_t fresh = tile == strip.tiles.begin ? count : plan_.groups.fresh();
      for (std::size_t plane = 0; plane < window_.depth().points; ++plane) {
        for (std::size_t g = count - fresh; g < count; ++g)
          fill_group(strip, tile, plane, g);
      }
      convolve(strip, tile);
      finish(strip, tile);
    }
  }

 private:
  // Neighbouring slots: the columns of x from `position` on, `stride` apart.
  struct SlotRun {
    std::size_t first, count;
    std::int64_t position;
    std::size_t stride;
  };

  // Slots before those of group g.
  std::size_t slots_before(std::size_t tile, std::size_t plane, std::size_t g) const {
    const RowGroups& groups = plan_.groups;
    const std::size_t in_ring = (tile * groups.advance + g) % groups.count;
    return (plane * groups.count + in_ring) * plan_.slots;
  }

  void fill_group(const DepthwiseS8Strip& strip, std::size_t tile, std::size_t plane,
                  std::size_t g) const {
    const WindowAxis& width = window_.width();
    const std::size_t columns = strip.columns.size(), first = strip.columns.begin;
    const std::size_t before = slots_before(tile, plane, g);
    const SlotsBlock block = group_rows(strip, tile, plane, g);
    if (plan_.dense)
      return fill_run(block,
                      {before, plan_.dense_slots(width, columns), width.position(first, 0), 1});
    const std::size_t apart = plan_.groups.points_apart();
    for (std::size_t k = 0; k < plan_.groups.slots_under(width); ++k) {
      fill_run(block,
               {before + k * columns, columns, width.position(first, k * apart), width.stride});
    }
  }

  // The rows of x in a group, null on the border; where their columns are is left open.
  SlotsBlock group_rows(const DepthwiseS8Strip& strip, std::size_t tile, std::size_t plane,
                        std::size_t g) const {
    const WindowAxis &depth = window_.depth(), &height = window_.height();
    const RowGroups& groups = plan_.groups;
    const std::int64_t z = depth.position(strip.depth, plane);
    SlotsBlock block = {};
    block.channels = strip.channels.size();
    block.border = memory_.border;
    for (std::size_t j = 0; j < groups.group; ++j) {
      const std::size_t below = groups.of_points ? 0 : groups.skipped + g * groups.group + j;
      const std::int64_t y = height.position(tile * groups.rows, below);
      if (!depth.holds(z) || !height.holds(y)) continue;
      const std::size_t row = (strip.image * depth.in + static_cast<std::size_t>(z)) * height.in +
                              static_cast<std::size_t>(y);
      block.rows[j] = data_.x + row * window_.width().in * shape_.channels + strip.channels.begin;
    }
    return block;
  }

  // Slots that lie on x with all of their points are one piece, the others come one by one.
  void fill_run(const SlotsBlock& block, const SlotRun& run) const {
    const std::size_t points = plan_.groups.points_apart();
    const WindowAxis of_run = {window_.width().in,       run.count,    points, run.stride,
                               window_.width().dilation, -run.position};
    const Range first = of_run.inside(0), last = of_run.inside(points - 1);
    const std::size_t begin = std::min(run.count, std::max(first.begin, last.begin));
    const Range whole = {begin, std::max(begin, std::min(first.end, last.end))};
    fill_border(block, run, of_run, {0, whole.begin});
    fill_slots(block, run, of_run, whole);
    fill_border(block, run, of_run, {whole.end, run.count});
  }

  // Slots whose points lie on x, or beside it: there, rows are null. One slot may have both.
  void fill_slots(SlotsBlock block, const SlotRun& run, const WindowAxis& of_run,
                  Range slots) const {
    if (slots.size() == 0) return;
    for (std::size_t j = 0; j < plan_.groups.group; ++j) {
      const std::int64_t at = of_run.position(slots.begin, plan_.groups.of_points ? j : 0);
      const std::int8_t*& row = block.rows[j];
      if (row != nullptr)
        row = of_run.holds(at) ? row + static_cast<std::size_t>(at) * shape_.channels : nullptr;
    }
    block.stride = run.stride * shape_.channels;
    block.columns = slots.size();
    block.slots = memory_.slots +
                  (run.first + slots.begin) * padded_channels(block.channels) * kSlotChannelBytes;
    kernels_.interleave(block);
  }

  void fill_border(const SlotsBlock& block, const SlotRun& run, const WindowAxis& of_run,
                   Range slots) const {
    if (!plan_.groups.of_points) return fill_slots(block, run, of_run, slots);
    for (std::size_t slot = slots.begin; slot < slots.end; ++slot)
      fill_slots(block, run, of_run, {slot, slot + 1});
  }

  // Of all steps: the ring turns from tile to tile, unless it turns whole or not at all.
  void write_offsets(const DepthwiseS8Strip& strip, std::size_t tile) const {
    const RowGroups& groups = plan_.groups;
    if (tile > strip.tiles.begin && groups.advance % groups.count == 0) return;
    const std::size_t between =
        plan_.dense ? window_.width().dilation * groups.points_apart() : strip.columns.size();
    std::size_t* offset = memory_.offsets;
    visit_steps(window_, groups,
                [&](RowGroups::Under, std::size_t plane, std::size_t g, std::size_t k) {
                  *offset++ = slots_before(tile, plane, g) + k * between;
                });
  }

  // Of the last tile there may be fewer rows than others have.
  std::size_t rows_of(std::size_t tile) const {
    return std::min(plan_.groups.rows, window_.height().out - tile * plan_.groups.rows);
  }

  void convolve(const DepthwiseS8Strip& strip, std::size_t tile) const {
    write_offsets(strip, tile);
    const std::size_t channel = strip.channels.begin;
    kernels_.convolve({memory_.slots, memory_.offsets, plan_.dense ? window_.width().stride : 1,
                       weights_.weights(channel), weights_.start(channel), memory_.sums,
                       rows_computed(rows_of(tile)), strip.columns.size(), strip.channels.size(),
                       plan_.steps, plan_.groups.rows, weights_.start_stride()});
  }

  // Rows whose strip is all of their width are one: of small maps, what a call of the epilogue costs
  // would be much of it.
  void finish(const DepthwiseS8Strip& strip, std::size_t tile) const {
    const std::size_t width = window_.width().out, columns = strip.columns.size();
    const std::size_t at_once = columns == width ? rows_of(tile) : 1;
    const std::size_t channels = padded_channels(strip.channels.size());
    const std::size_t plane = strip.image * window_.depth().out + strip.depth;
    const std::size_t first = plane * window_.height().out + tile * plan_.groups.rows;
    const Range own = {0, at_once * columns};
    for (std::size_t r = 0; r < rows_of(tile); r += at_once) {
      const std::int32_t* sums = memory_.sums + r * columns * channels;
      epilogue_at((first + r) * width + strip.columns.begin, own.size())
          .finish({sums, channels, own, strip.channels}, own);
    }
  }

  PanelEpilogue epilogue_at(std::size_t position, std::size_t count) const {
    const auto from = [&](auto view) {
      if (view.data != nullptr) view.data = view.row(position);
      view.rows = count;
      return view;
    };
    return {data_.settings,
            memory_.row_scales,
            {from(data_.residual.f32), from(data_.residual.s8), data_.residual.scale},
            data_.output.form,
            from(data_.output.y),
            from(data_.output.q),
            1.0f / data_.output.scale,
            nullptr,
            memory_.values,
            nullptr,
            position,
            data_.output.range};
  }

  const DepthwiseS8Shape& shape_;
  const Window& window_;
  const DepthwiseS8Plan& plan_;
  const DepthwiseS8Weights& weights_;
  const DepthwiseS8Data& data_;
  const DepthwiseS8Kernels& kernels_;
  const StripMemory memory_;
};

}  // namespace

std::size_t depthwise_s8_scratch(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                                 const Execution& execution) {
  return DepthwiseS8Tasks(shape, plan, execution).parts() * StripMemory(shape, plan, nullptr).bytes;
}

void depthwise_s8(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                  const DepthwiseS8Weights& weights, const DepthwiseS8Data& data,
                  std::byte* scratch, const Execution& execution) {
  const DepthwiseS8Tasks tasks(shape, plan, execution);
  const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(execution.isa);
  const std::size_t bytes = StripMemory(shape, plan, nullptr).bytes;
  execution.pool->run(tasks.parts(), [&](std::size_t part) {
    const StripMemory memory(shape, plan, scratch + part * bytes);
    const StripRun run(shape, plan, weights, data, kernels, memory);
    const Range range = part_of(tasks.count(), 1, tasks.parts(), part);
    for (std::size_t task = range.begin; task < range.end; ++task)
      run.run(tasks.at(task));
  });
}

}  // namespace fourfold
