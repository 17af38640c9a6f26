// Where the rows of one time step, and the states of one direction, lie.
#pragma once

#include <cstddef>

#include "base/matrix_view.h"

namespace fourfold {

struct RecurrentGeometry {
  std::size_t steps;
  std::size_t batch;
  std::size_t directions;
  std::size_t hidden;
  bool batch_first;  // layout 1

  // Of [directions, batch, hidden], or [batch, directions, hidden].
  template <class T>
  MatrixView<T> state(T* data, std::size_t direction) const {
    const std::size_t start = direction * (batch_first ? hidden : batch * hidden);
    return {data + start, batch, hidden, batch_first ? directions * hidden : hidden};
  }

  // Of [some steps, batch, columns], or [batch, steps, columns].
  MatrixView<float> rows_at(float* data, std::size_t step, std::size_t columns) const {
    const std::size_t start = step * columns * (batch_first ? 1 : batch);
    return {data + start, batch, columns, batch_first ? steps * columns : columns};
  }

  // Of [steps, directions, batch, hidden], or [batch, steps, directions, hidden].
  MatrixView<float> output_at(float* data, std::size_t step, std::size_t direction) const {
    const std::size_t start = (step * directions + direction) * hidden * (batch_first ? 1 : batch);
    return {data + start, batch, hidden, batch_first ? steps * directions * hidden : hidden};
  }
};

}  // namespace fourfold
