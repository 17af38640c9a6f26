// The shape of a matrix product, as it is named in the results.
#pragma once

#include <cstddef>
#include <string>

namespace fourfold {

struct Shape {
  std::size_t rows, depth, columns;

  std::string name() const {
    return std::to_string(rows) + "x" + std::to_string(depth) + "x" + std::to_string(columns);
  }
  double operations() const { return 2.0 * static_cast<double>(rows * columns * depth); }
  double outputs() const { return static_cast<double>(rows * columns); }
};

}  // namespace fourfold
