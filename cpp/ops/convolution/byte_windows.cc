#include "ops/convolution/byte_windows.h"

#include <algorithm>
#include <cstring>

namespace fourfold {
namespace {

// Positions whose bytes of all channels stay in L1 while they are written, channel by channel.
constexpr std::size_t kPositions = 64;

void turn(std::uint8_t* bytes, std::size_t count, std::uint8_t flip) {
  for (std::size_t i = 0; i < count; ++i)
    bytes[i] ^= flip;
}

}  // namespace

RowPanel ByteWindows::panel(Range rows, const PanelRequest& request) const {
  const std::size_t depth = window_.points() * image_.channels;
  const auto flip = static_cast<std::uint8_t>(request.flip ^ image_.flip);
  auto* row = reinterpret_cast<std::uint8_t*>(request.data);
  for (std::size_t r = rows.begin; r < rows.end; ++r, row += request.stride) {
    gather(position_at(window_, r), row);
    if (flip != 0) turn(row, depth, flip);
    std::fill(row + depth, row + request.depth, request.flip);
  }
  return {request.data, request.stride, request.scales};
}

void ByteWindows::gather(const Position& position, std::uint8_t* row) const {
  const WindowAxis &depth = window_.depth(), &height = window_.height(), &width = window_.width();
  const std::size_t channels = image_.channels;
  const std::uint8_t* image = image_.data + position.image * window_.in_positions() * image_.stride;
  for (std::size_t pz = 0; pz < depth.points; ++pz) {
    const std::int64_t z = depth.position(position.at[0], pz);
    for (std::size_t py = 0; py < height.points; ++py) {
      const std::int64_t y = height.position(position.at[1], py);
      const bool on_x = depth.holds(z) && height.holds(y);
      const auto first =
          static_cast<std::size_t>(on_x ? (z * static_cast<std::int64_t>(height.in) + y) : 0);
      const std::uint8_t* x_row = image + first * width.in * image_.stride;
      for (std::size_t px = 0; px < width.points; ++px, row += channels) {
        const std::int64_t x = width.position(position.at[2], px);
        if (on_x && width.holds(x)) {
          std::memcpy(row, x_row + static_cast<std::size_t>(x) * image_.stride, channels);
        } else {
          std::memset(row, image_.border, channels);
        }
      }
    }
  }
}

void channels_to_last(const std::uint8_t* from, Range images, std::size_t channels,
                      std::size_t positions, std::uint8_t* to) {
  for (std::size_t image = images.begin; image < images.end; ++image) {
    const std::uint8_t* planes = from + image * channels * positions;
    std::uint8_t* pixels = to + image * channels * positions;
    for (std::size_t start = 0; start < positions; start += kPositions) {
      const std::size_t end = std::min(positions, start + kPositions);
      for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t p = start; p < end; ++p)
          pixels[p * channels + c] = planes[c * positions + p];
      }
    }
  }
}

}  // namespace fourfold
