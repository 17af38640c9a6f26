// What lies under the windows of an image of bytes, as the rows of a product: one for each output
// position of all images, [point][channel], with a byte of its own where a point lies on the border.
//
// Rows are gathered a panel at a time, into memory that is still in a cache when they are multiplied.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matmul/operand.h"
#include "ops/convolution/window.h"

namespace fourfold {

class ByteWindows final : public Operand {
 public:
  struct Image {
    const std::uint8_t* data;  // [images, positions, stride]: of the first channel
    std::size_t images;
    std::size_t channels;
    std::size_t stride;  // all channels of a position
    std::uint8_t border;
    std::uint8_t flip;  // what makes signed bytes of these (byte_values.h)
  };

  ByteWindows(const Window& window, const Image& image) : window_(window), image_(image) {}
  std::size_t rows() const override { return image_.images * window_.out_positions(); }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  void gather(const Position& position, std::uint8_t* row) const;

  const Window& window_;
  const Image image_;
};

// to[image][position][channel] = from[image][channel][position], of bytes, for these images.
void channels_to_last(const std::uint8_t* from, Range images, std::size_t channels,
                      std::size_t positions, std::uint8_t* to);

}  // namespace fourfold
