// How pooling of planes is cut up and laid out: a pure function of the shape, the caches and the
// threads. Results never depend on it.
#pragma once

#include <cstddef>

#include "ops/convolution/plane_band.h"
#include "ops/convolution/pool_f32.h"

namespace fourfold {

// A task is a band of rows of the output, at one depth, of one plane. All planes of the first band
// and depth, then all of the next: what a band needs beside x is one for all planes.
struct PoolPlanesPlan {
  std::size_t band_rows;
  std::size_t bands;
  std::size_t tasks;
  bool by_axes;     // whether maxima are found of each row of the window, then of those
  std::size_t row;  // elements of a row of output, in whole lines
  PlaneBand layout;

  PoolPlanesPlan(const PoolShape& shape, const Execution& execution);

  // Of one part: a band for each point on depth; the maxima of rows of the window; divisors.
  std::size_t band_elements(const Window& window) const;
  std::size_t maxima_elements() const;
  std::size_t part_elements(const Window& window) const;
};

// Where a kernel finds the points.
struct PoolOffsets {
  std::size_t* points;  // all, in the bands
  std::size_t* of_row;  // those of the window's first row
  std::size_t* rows;    // the window's rows among the maxima

  PoolOffsets(const Window& window, std::byte* memory);

  static std::size_t bytes(const Window& window);
  void write(const Window& window, const PoolPlanesPlan& plan) const;
};

}  // namespace fourfold
