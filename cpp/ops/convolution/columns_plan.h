// How a convolution by columns is cut up: a pure function of the shape, the caches and the threads.
// Results never depend on it.
#pragma once

#include <cstddef>

#include "ops/convolution/band_copy.h"
#include "ops/convolution/conv_f32.h"

namespace fourfold {

// Some rows of output of some filters of one group of one image.
struct ColumnsTask {
  std::size_t image;
  std::size_t group;
  BandRows rows;
  Range filters;  // of the group
};

struct ColumnsPlan {
  std::size_t band_rows;
  std::size_t bands;         // of one position in depth
  std::size_t filter_parts;  // 1 unless there are fewer rows than threads
  std::size_t tasks;
  std::size_t parts;  // that run at the same time, each with its scratch
  bool reads_x;       // where x itself is the band: a single point, no stride, no border
  BandLayout layout;

  ColumnsPlan(const ConvShape& shape, const Execution& execution);

  ColumnsTask task(const ConvShape& shape, std::size_t index) const;

  // Offsets that all parts share, then, of every part, a band and sums.
  std::size_t offset_count(const ConvShape& shape) const;
  std::size_t band_elements(const ConvShape& shape) const;
  std::size_t part_elements(const ConvShape& shape) const;

  // Positions of one kernel call, where it writes to the sums or is followed by an activation.
  static std::size_t columns_per_call(const ConvShape& shape);
};

}  // namespace fourfold
