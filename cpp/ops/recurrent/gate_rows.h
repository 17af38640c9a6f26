// Elementwise work on some batch rows of a step. Plain loops: the compiler's vectors are enough next
// to the products, and give the same bits everywhere.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "ops/recurrent/cell.h"
#include "ops/recurrent/gate_function.h"

namespace fourfold {

// The activation of one gate, or of neighbours: f(clamp(x, -clip, clip)).
struct ClippedFunction {
  const GateFunction& function;
  float clip;  // Inf: none

  void operator()(MatrixView<float> x, Isa isa) const {
    if (!std::isinf(clip)) {
      for (std::size_t r = 0; r < x.rows; ++r) {
        float* row = x.row(r);
        for (std::size_t k = 0; k < x.columns; ++k) {
          const float above = row[k] < -clip ? -clip : row[k];
          row[k] = above > clip ? clip : above;
        }
      }
    }
    apply(function, x, isa);
  }
};

// Some rows of a step.
class GateRows {
 public:
  GateRows(const CellStep& step, Range rows, std::size_t hidden)
      : step_(step), rows_(rows), hidden_(hidden), gate_columns_(padded_columns(hidden)) {}

  float* gate(std::size_t gate, std::size_t row) const {
    return step_.gates.row(row) + gate * gate_columns_;
  }
  const float* product(std::size_t gate, std::size_t row) const {
    return step_.products.row(row) + gate * gate_columns_;
  }
  MatrixView<float> gates(Range gates) const {
    return {gate(gates.begin, rows_.begin), rows_.size(), gates.size() * gate_columns_,
            step_.gates.stride};
  }

  // gates += products
  void add_products(Range gates) const {
    for (std::size_t r = rows_.begin; r < rows_.end; ++r) {
      float* to = gate(gates.begin, r);
      const float* from = product(gates.begin, r);
      for (std::size_t k = 0; k < gates.size() * gate_columns_; ++k)
        to[k] += from[k];
    }
  }

  // to[k] = value_of(row)(k) for each row and k < hidden, to = row_of(row).
  template <class RowOf, class ValueOf>
  void write(const RowOf& row_of, const ValueOf& value_of) const {
    for (std::size_t r = rows_.begin; r < rows_.end; ++r) {
      float* to = row_of(r);
      const auto value = value_of(r);
      for (std::size_t k = 0; k < hidden_; ++k)
        to[k] = value(k);
    }
  }

  // The new state, h[k] = value_of(row)(k), of rows that go on; and y.
  template <class ValueOf>
  void write_states(const ValueOf& value_of) const {
    for (std::size_t r = rows_.begin; r < rows_.end; ++r) {
      float* h = step_.h.row(r);
      float* y = step_.y.row(r);
      if (!step_.goes_on(r)) {
        std::fill_n(y, hidden_, 0.0f);
        continue;
      }
      const auto value = value_of(r);
      for (std::size_t k = 0; k < hidden_; ++k)
        h[k] = value(k);
      std::copy_n(h, hidden_, y);
    }
  }

 private:
  const CellStep& step_;
  const Range rows_;
  const std::size_t hidden_;
  const std::size_t gate_columns_;
};

}  // namespace fourfold
