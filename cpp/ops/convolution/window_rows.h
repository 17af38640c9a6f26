// What lies under the windows of an int8 image, as the rows of a product: one for each output
// position of all images, [point][channel], `border` where a point lies there.
//
// Rows are gathered a panel at a time, into memory that is still in a cache when they are multiplied:
// all of them together, the image `points` times over, are never in memory. Where the points of a
// window row lie one next to the other, they are one copy.
#pragma once

#include "matmul/operand.h"
#include "ops/convolution/window.h"

namespace fourfold {

// Some neighbouring channels of [images, positions, channels].
struct ImageView {
  const std::int8_t* data;  // the first of these channels, of the first position
  std::size_t images;
  std::size_t channels;  // these
  std::size_t stride;    // all of a position
};

class WindowRows final : public Operand {
 public:
  WindowRows(const Window& window, const ImageView& x, float scale, std::int8_t border);
  std::size_t rows() const override { return x_.images * window_.out_positions(); }
  RowPanel panel(Range rows, const PanelRequest& request) const override;

 private:
  // Neighbouring output positions of one row of an image.
  struct Run {
    std::size_t image;
    std::size_t z, y;  // of the output
    Range x;
  };
  // Where the rows of a run go.
  struct Target {
    const PanelRequest& request;
    std::int8_t* data;
  };

  void gather(const Run& run, const Target& to) const;
  void gather_window_row(const std::int8_t* x_row, Range x, const Target& to) const;
  // Whether to gather them from a copy of their row with its border.
  // By reference: of a range by value, GCC stores both halves and waits to read them as one vector.
  bool is_bordered(const Range& x) const;
  void gather_bordered(const std::int8_t* x_row, const Range& x, const Target& to) const;
  void gather_clipped(const std::int8_t* x_row, std::size_t x, const Target& to) const;
  void gather_point(const std::int8_t* x_row, std::size_t point, Range x, const Target& to) const;
  void fill_rows(const Target& to, std::size_t rows, std::size_t bytes) const;
  void copy(const std::int8_t* x_row, std::size_t point, Range x, std::size_t bytes,
            const Target& to) const;

  const Window& window_;
  const ImageView x_;
  const float scale_;
  const std::int8_t border_;  // what 0 is in x
  const bool in_one_piece_;   // the points of a window row
  const Range whole_;         // if so, the output positions of a row that have all points on x
};

}  // namespace fourfold
