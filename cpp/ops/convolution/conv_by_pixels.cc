#include <algorithm>

#include "base/aligned_buffer.h"
#include "base/round_up.h"
#include "kernels/depthwise_f32/depthwise_f32.h"
#include "ops/convolution/conv_f32.h"
#include "ops/convolution/conv_parts.h"

namespace fourfold {
namespace {

// Output positions of one kernel call: their windows' pixels stay in L1.
constexpr std::size_t kPanel = 64;

// Where the channels under the points of a window begin, for some positions of a row of output. The
// windows of neighbours share pointers where they overlap without gaps.
struct PixelPointers {
  std::size_t step;    // from a position's pointers to the next one's
  std::size_t stride;  // from a row of the window to the next

  explicit PixelPointers(const WindowAxis& width)
      : step(width.dilation == 1 && width.stride <= width.points ? width.stride : width.points),
        stride((std::min(kPanel, width.out) - 1) * step + width.points) {}

  // Those under one row of the window, which is `row` of x, or null for one on the border.
  void write(const WindowAxis& width, const float* row, std::size_t channels, const float* border,
             Range positions, const float** to) const {
    const std::size_t count = (positions.size() - 1) * step + width.points;
    if (row == nullptr) {
      std::fill_n(to, count, border);
      return;
    }
    const auto pointer = [&](std::int64_t at) {
      return width.holds(at) ? row + static_cast<std::size_t>(at) * channels : border;
    };
    if (step == width.stride && width.dilation == 1) {
      const std::int64_t first = width.position(positions.begin, 0);
      for (std::size_t i = 0; i < count; ++i)
        to[i] = pointer(first + static_cast<std::int64_t>(i));
      return;
    }
    for (std::size_t p = positions.begin; p < positions.end; ++p) {
      for (std::size_t px = 0; px < width.points; ++px)
        *to++ = pointer(width.position(p, px));
    }
  }
};

class ByPixels {
 public:
  ByPixels(const ConvShape& shape, const ConvData& data, const float* weight, const float* border,
           const Execution& execution)
      : shape_(shape),
        data_(data),
        weight_(weight),
        border_(border),
        pointers_(shape.window.width()),
        kernels_(depthwise_f32_kernels(execution.isa)),
        finish_(data.finish, execution.isa) {}

  static std::size_t rows(const ConvShape& shape) {
    return shape.images * shape.window.depth().out * shape.window.height().out;
  }

  static std::size_t pointer_bytes(const ConvShape& shape) {
    const Window& window = shape.window;
    const std::size_t count = PixelPointers(window.width()).stride;
    return round_up(window.depth().points * window.height().points * count * sizeof(const float*),
                    kAlignment);
  }

  // One row of output, of those of all images and depths.
  void run(std::size_t row, const float** inputs) const {
    const std::size_t width = shape_.window.width().out;
    for (std::size_t first = 0; first < width; first += kPanel) {
      const Range positions = {first, std::min(first + kPanel, width)};
      write_pointers(row, positions, inputs);
      convolve(row * width + first, positions.size(), inputs);
    }
  }

 private:
  void write_pointers(std::size_t row, Range positions, const float** inputs) const {
    const WindowAxis &depth = shape_.window.depth(), &height = shape_.window.height();
    const std::size_t y = row % height.out, z = row / height.out % depth.out;
    const std::size_t row_elements = shape_.window.width().in * shape_.groups;
    const float* image =
        data_.x + row / height.out / depth.out * shape_.window.in_positions() * shape_.groups;
    for (std::size_t pz = 0; pz < depth.points; ++pz) {
      const std::int64_t at_z = depth.position(z, pz);
      for (std::size_t py = 0; py < height.points; ++py, inputs += pointers_.stride) {
        const std::int64_t at_y = height.position(y, py);
        const bool inside = depth.holds(at_z) && height.holds(at_y);
        const std::int64_t x_row = at_z * static_cast<std::int64_t>(height.in) + at_y;
        const float* x = inside ? image + static_cast<std::size_t>(x_row) * row_elements : nullptr;
        pointers_.write(shape_.window.width(), x, shape_.groups, border_, positions, inputs);
      }
    }
  }

  void convolve(std::size_t position, std::size_t count, const float* const* inputs) const {
    const std::size_t channels = shape_.groups, at = position * channels;
    float* y = data_.y + at;
    kernels_.pixels({inputs, pointers_.stride, pointers_.step, weight_, data_.bias, y, channels,
                     count, shape_.window.depth().points * shape_.window.height().points,
                     shape_.window.width().points, channels});
    if (data_.finish.does_nothing()) return;
    const float* residual = data_.finish.residual;
    if (residual != nullptr) residual += at;
    finish_.columns_of_channels({y, channels, residual, channels, y, channels, count, channels, 0});
  }

  const ConvShape& shape_;
  const ConvData& data_;
  const float* weight_;
  const float* border_;  // zeros for the channels of a pixel
  const PixelPointers pointers_;
  const DepthwiseF32Kernels& kernels_;
  const ConvFinisher finish_;
};

std::size_t border_bytes(const ConvShape& shape) {
  return round_up(shape.groups * sizeof(float), kAlignment);
}

}  // namespace

std::size_t conv_by_pixels_scratch(const ConvShape& shape, const Execution& execution) {
  const std::size_t parts = conv_parts(ByPixels::rows(shape), shape.multiply_adds(), execution);
  return border_bytes(shape) + parts * ByPixels::pointer_bytes(shape);
}

void conv_by_pixels(const ConvShape& shape, const ConvData& data, const float* weight,
                    std::byte* scratch, const Execution& execution) {
  const std::size_t rows = ByPixels::rows(shape);
  const std::size_t parts = conv_parts(rows, shape.multiply_adds(), execution);
  auto* border = reinterpret_cast<float*>(scratch);
  std::fill_n(border, shape.groups, 0.0f);
  const ByPixels conv(shape, data, weight, border, execution);
  execution.pool->run(parts, [&](std::size_t part) {
    auto* inputs = reinterpret_cast<const float**>(scratch + border_bytes(shape) +
                                                   part * ByPixels::pointer_bytes(shape));
    const Range range = part_of(rows, 1, parts, part);
    for (std::size_t row = range.begin; row < range.end; ++row)
      conv.run(row, inputs);
  });
}

}  // namespace fourfold
