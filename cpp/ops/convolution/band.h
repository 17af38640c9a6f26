// A band: the part of x [channels, depth, height, width] under the windows of some rows of the
// output, copied so that a point of the window is one address for all those rows.
//
// x is padded, and cut by its strides: the elements that a point meets from one output position to
// the next, `stride` apart in x, are neighbours in a band. So position q of output row r, under point
// (z, y, x) of the window, in channel c, is
//
//   band[offset(c, z, y, x) + r * width + q]
//
// and a run of output positions under one point is a run of the band, from row to row too: the
// positions from the end of an output row to the next row's begin (width - out) mean nothing.
#pragma once

#include <algorithm>
#include <cstddef>

#include "ops/convolution/window.h"

namespace fourfold {

// Kernels read whole panels of 16 positions: up to 15 behind the last one.
inline constexpr std::size_t kBandSlack = 15;

struct BandLayout {
  std::size_t rows;      // of the output, at most
  std::size_t phases_y;  // rows of x modulo the stride, as far as points meet them
  std::size_t phases_x;
  std::size_t height;  // of one phase
  std::size_t width;
  std::size_t channel;  // elements from one channel to the next

  BandLayout(const Window& window, std::size_t output_rows);

  std::size_t elements(std::size_t channels) const;

  // Elements from the first of the first row of output to the last of the last.
  std::size_t run(std::size_t output_rows, const Window& window) const {
    return (output_rows - 1) * width + window.width().out;
  }

  // offsets[point * channels + c], points in the order of the window's axes.
  void write_offsets(const Window& window, std::size_t channels, std::size_t* offsets) const;

 private:
  // Of the element that is so far from the first on x, within a channel.
  std::size_t offset(const Window& window, std::size_t z, std::size_t y, std::size_t x) const;
};

// The elements of a band of one row of output: strides and dilations far above what is met may make
// them more than any memory has, or than a std::size_t counts.
double band_row_elements(const Window& window, std::size_t channels);
inline constexpr double kMostBandElements = 0x1p36;

// Refuses a window whose band would have more.
void check_band(const Window& window, std::size_t channels);

// Calls work(row, first, count, at) for the positions of a run, from `begin` to `end` of it, that mean
// something: those of output row `row` from `first` on, of which the run's `at` is the first.
template <class Work>
void visit_rows_of_run(std::size_t begin, std::size_t end, std::size_t pitch, std::size_t width,
                       const Work& work) {
  for (std::size_t row = begin / pitch; row * pitch < end; ++row) {
    const std::size_t first = std::max(begin, row * pitch);
    const std::size_t last = std::min(end, row * pitch + width);
    if (first < last) work(row, first - row * pitch, last - first, first);
  }
}

}  // namespace fourfold
