// A transposed convolution: the adjoint of the convolution from its output y to its input x.
//
//   y[f][o] = b[f] + sum over points k and positions i with i * stride - pad + k * dilation = o
//                    of x[c][i] * w[c][f][k]
//
// Output positions that are equal modulo the stride meet the same points, at positions of x that are
// neighbours: each such phase is an ordinary convolution with stride 1 and a part of the window,
// turned around.
#pragma once

#include <cstddef>

#include "ops/convolution/conv_f32.h"

namespace fourfold {

struct TransposedAttributes {
  WindowAttributes window;
  Attributes::Integers output_padding;
  Attributes::Integers output_shape;
};

TransposedAttributes transposed_attributes(const Attributes& attributes);

// The window of the convolution from y to x: axis.in is a size of y, axis.out one of x. `in` are the
// spatial sizes of x, `sizes` the window's.
Window fit_transposed(const TransposedAttributes& attributes, const Shape& in, const Shape& sizes);

// The points of one axis that a phase meets: first, first + step, ... It reads them from the last to
// the first. A phase that meets none has count 0.
struct PhasePoints {
  std::size_t first = 0;
  std::size_t step = 1;
  std::size_t count = 0;
  std::size_t before = 0;  // points of the axis that belong to phases of a smaller `first`

  std::size_t turned(std::size_t index) const { return first + (count - 1 - index) * step; }
};

// The output positions offset[axis] + t * stride of each axis.
struct TransposedPhase {
  Window window;  // of the ordinary convolution: t are its output positions
  PhasePoints points[kWindowAxes];
};

// How many phases an axis has that y reaches.
std::size_t phase_count(const WindowAxis& axis);

// whole: as fit_transposed gives it.
TransposedPhase phase_of(const Window& whole, const Place& offset);

// Where the positions of the phase lie in y of shape [images, groups * filters, whole's in].
ConvPlacement placement_of(const Window& whole, const Place& offset, std::size_t filters);

// w [groups * channels, filters, points] as the phases multiply by it: that of each phase, one after
// the other by their first points, in the order of conv_by_columns: [groups * filters][points]
// [channels]. The same for any size of x.
void order_for_phases(const ConvShape& shape, const float* w, float* to);

// Where in it the weight of a phase begins.
std::size_t phase_weight_offset(const ConvShape& shape, const TransposedPhase& phase);

}  // namespace fourfold
