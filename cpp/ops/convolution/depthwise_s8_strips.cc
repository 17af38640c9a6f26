#include "ops/convolution/depthwise_s8_strips.h"

#include <algorithm>
#include <cstring>

#include "matmul/packed_weights.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// The memory of one part.
struct StripMemory {
  std::uint8_t* slots;
  std::int32_t* sums;
  float* values;
  float* row_scales;
  std::size_t* offsets;
  std::size_t bytes;

  StripMemory(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan, std::byte* memory) {
    const std::size_t channels = std::min(padded_channels(shape.channels), kBlockChannels);
    bytes = 0;
    const auto take = [&](auto*& pointer, std::size_t count) {
      pointer = reinterpret_cast<std::remove_reference_t<decltype(pointer)>>(memory + bytes);
      bytes += round_up(count * sizeof *pointer, kAlignment);
    };
    take(slots, plan.groups * plan.slots * channels * kSlotChannelBytes);
    take(sums, plan.rows() * plan.columns * channels);
    take(values, plan.columns * channels);
    take(row_scales, plan.columns);
    take(offsets, shape.window.width().points);
  }
};

// Some rows of output from the first on, of a plane of an image, and some channels.
struct Tile {
  std::size_t image;
  std::size_t depth;
  std::size_t first_row;
  Range channels;
};

// What one part works with.
class StripRun {
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
    std::fill_n(memory.row_scales, plan.columns, data.input_scale);
  }

  void run(const Tile& tile) const {
    const std::size_t width = window_.width().out;
    for (std::size_t first = 0; first < width; first += plan_.columns) {
      const Range columns = {first, std::min(width, first + plan_.columns)};
      fill_slots(tile, columns);
      convolve(tile, columns.size());
      finish(tile, columns);
    }
  }

 private:
  // Neighbouring slots: the columns of x from `position` on, `stride` apart.
  struct SlotRun {
    std::size_t first;
    std::size_t count;
    std::int64_t position;
    std::size_t stride;
  };

  std::size_t slot_bytes(const Tile& tile) const {
    return padded_channels(tile.channels.size()) * kSlotChannelBytes;
  }

  void fill_slots(const Tile& tile, Range columns) const {
    const WindowAxis& width = window_.width();
    for (std::size_t g = 0; g < plan_.groups; ++g) {
      InterleaveBlock block = group_rows(tile, g);
      std::uint8_t* slots = memory_.slots + g * plan_.slots * slot_bytes(tile);
      if (plan_.dense) {
        const std::size_t count =
            (columns.size() - 1) * width.stride + (width.points - 1) * width.dilation + 1;
        fill_run(block, {0, count, width.position(columns.begin, 0), 1}, slots);
        continue;
      }
      for (std::size_t k = 0; k < width.points; ++k) {
        fill_run(
            block,
            {k * columns.size(), columns.size(), width.position(columns.begin, k), width.stride},
            slots);
      }
    }
  }

  // The rows of x in one group, null on the border; where their columns are is left open.
  InterleaveBlock group_rows(const Tile& tile, std::size_t g) const {
    const WindowAxis &depth = window_.depth(), &height = window_.height();
    const std::size_t groups_of_plane = plan_.groups / depth.points;
    const std::int64_t z = depth.position(tile.depth, g / groups_of_plane);
    InterleaveBlock block = {};
    block.channels = tile.channels.size();
    for (std::size_t j = 0; j < kernels_.group; ++j) {
      const std::int64_t y =
          height.position(tile.first_row, g % groups_of_plane * kernels_.group + j);
      if (!depth.holds(z) || !height.holds(y)) continue;
      const std::size_t row = (tile.image * depth.in + static_cast<std::size_t>(z)) * height.in +
                              static_cast<std::size_t>(y);
      block.rows[j] = data_.x + row * window_.width().in * shape_.channels + tile.channels.begin;
    }
    return block;
  }

  void fill_run(InterleaveBlock block, const SlotRun& run, std::uint8_t* slots) const {
    const std::size_t bytes = padded_channels(block.channels) * kSlotChannelBytes;
    const WindowAxis of_run = {window_.width().in, run.count, 1, run.stride, 1, -run.position};
    const Range inside = of_run.inside(0);
    std::uint8_t* to = slots + run.first * bytes;
    std::memset(to, kernels_.flip, inside.begin * bytes);
    std::memset(to + inside.end * bytes, kernels_.flip, (run.count - inside.end) * bytes);
    if (inside.size() == 0) return;
    const auto first = static_cast<std::size_t>(of_run.position(inside.begin, 0));
    for (const std::int8_t*& row : block.rows) {
      if (row != nullptr) row += first * shape_.channels;
    }
    block.stride = run.stride * shape_.channels;
    block.columns = inside.size();
    block.slots = to + inside.begin * bytes;
    kernels_.interleave(block);
  }

  void convolve(const Tile& tile, std::size_t columns) const {
    const WindowAxis& width = window_.width();
    for (std::size_t k = 0; k < width.points; ++k)
      memory_.offsets[k] = k * (plan_.dense ? width.dilation : columns);
    kernels_.convolve({memory_.slots, plan_.slots, memory_.offsets, plan_.dense ? width.stride : 1,
                       weights_.weights(tile.channels.begin), weights_.start(tile.channels.begin),
                       memory_.sums, plan_.rows(), columns, width.points, plan_.groups,
                       tile.channels.size()});
  }

  // Rows of the strip that there are: the last tile may have fewer.
  void finish(const Tile& tile, Range columns) const {
    const WindowAxis& height = window_.height();
    const std::size_t channels = padded_channels(tile.channels.size());
    const std::size_t plane = tile.image * window_.depth().out + tile.depth;
    const std::size_t rows = std::min(plan_.rows(), height.out - tile.first_row);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t row = plane * height.out + tile.first_row + r;
      const std::size_t first = row * window_.width().out + columns.begin;
      const Range own = {0, columns.size()};
      const std::int32_t* sums = memory_.sums + r * columns.size() * channels;
      epilogue_at({first, first + columns.size()})
          .finish({sums, channels, own, tile.channels}, own);
    }
  }

  PanelEpilogue epilogue_at(Range positions) const {
    const auto from = [&](auto view) {
      if (view.data != nullptr) view.data = view.row(positions.begin);
      view.rows = positions.size();
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
            memory_.values};
  }

  const DepthwiseS8Shape& shape_;
  const Window& window_;
  const DepthwiseS8Plan& plan_;
  const DepthwiseS8Weights& weights_;
  const DepthwiseS8Data& data_;
  const DepthwiseS8Kernels& kernels_;
  const StripMemory memory_;
};

std::size_t tiles_of(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan) {
  return shape.images * shape.window.depth().out * plan.row_tiles(shape.window) *
         shape.channel_blocks();
}

// Channels change first: rows of x are read whole while they are in a cache.
Tile tile_at(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan, std::size_t index) {
  const std::size_t first = index % shape.channel_blocks() * kBlockChannels;
  index /= shape.channel_blocks();
  const std::size_t row_tiles = plan.row_tiles(shape.window), depth = shape.window.depth().out;
  return {index / row_tiles / depth,
          index / row_tiles % depth,
          index % row_tiles * plan.rows(),
          {first, std::min(shape.channels, first + kBlockChannels)}};
}

std::size_t parts_of(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                     const Execution& execution) {
  const std::size_t multiply_adds =
      shape.images * shape.channels * shape.window.points() * shape.window.out_positions();
  return conv_parts(tiles_of(shape, plan), multiply_adds, execution);
}

}  // namespace

std::size_t depthwise_s8_scratch(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                                 const Execution& execution) {
  return parts_of(shape, plan, execution) * StripMemory(shape, plan, nullptr).bytes;
}

void depthwise_s8(const DepthwiseS8Shape& shape, const DepthwiseS8Plan& plan,
                  const DepthwiseS8Weights& weights, const DepthwiseS8Data& data,
                  std::byte* scratch, const Execution& execution) {
  const std::size_t tiles = tiles_of(shape, plan), parts = parts_of(shape, plan, execution);
  const DepthwiseS8Kernels& kernels = depthwise_s8_kernels(execution.isa);
  const std::size_t bytes = StripMemory(shape, plan, nullptr).bytes;
  execution.pool->run(parts, [&](std::size_t part) {
    const StripMemory memory(shape, plan, scratch + part * bytes);
    const StripRun run(shape, plan, weights, data, kernels, memory);
    const Range range = part_of(tiles, 1, parts, part);
    for (std::size_t tile = range.begin; tile < range.end; ++tile)
      run.run(tile_at(shape, plan, tile));
  });
}

}  // namespace fourfold
