// What an einsum equation says of its inputs' axes.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "ops/tensor.h"

namespace fourfold {

// Labels are the letters, and one for each axis that an ellipsis stands for, counted from the right.
inline constexpr std::size_t kLetters = 52;
inline constexpr std::size_t kLabels = kLetters + kMaxRank;
inline constexpr std::size_t kMaxEinsumInputs = 16;

// Labels in an order. No allocation: they are worked out in every call.
class EinsumLabels {
 public:
  void append(std::size_t label) { labels_[count_++] = label; }
  std::size_t size() const { return count_; }
  std::size_t operator[](std::size_t i) const { return labels_[i]; }
  const std::size_t* begin() const { return labels_.data(); }
  const std::size_t* end() const { return labels_.data() + count_; }

 private:
  std::size_t count_ = 0;
  std::array<std::size_t, kLabels> labels_{};
};

// The letters of one input or of the output, in the order of its axes.
struct EinsumTerm {
  EinsumLabels before;  // the ellipsis, if there is one
  EinsumLabels after;
  bool ellipsis = false;
};

struct EinsumEquation {
  std::vector<EinsumTerm> inputs;
  EinsumTerm output;

  // Of so many inputs. Without "->" the output has the ellipsis, then, in alphabetical order, the
  // letters that occur once. Throws std::invalid_argument for what is no equation.
  EinsumEquation(const std::string& text, std::size_t inputs);
};

// The equation applied to inputs of known shapes. An axis of size 1 broadcasts.
struct EinsumShape {
  using Strides = std::array<std::ptrdiff_t, kLabels>;

  std::array<std::size_t, kLabels> sizes{};
  // Of every input by label, in elements: 0 for a label along which it doesn't move, the sum for one
  // of two axes.
  std::array<Strides, kMaxEinsumInputs> strides{};
  std::array<std::array<bool, kLabels>, kMaxEinsumInputs> has{};  // does the input have the label?
  EinsumLabels output;
  EinsumLabels summed;  // labels of inputs that the output lacks
  Shape output_shape;

  EinsumShape(const EinsumEquation& equation, const Tensor* tensors);

  // How many elements axes of these labels have. Refuses what no memory can hold.
  std::size_t count(const EinsumLabels& labels) const;

 private:
  bool occurs(std::size_t label) const;
  void add_input(const EinsumTerm& term, const Shape& shape, std::size_t input);
};

// The labels of a product of two inputs: y[batch, rows, columns] = a[batch, rows, depth] @ b[batch,
// depth, columns].
struct EinsumProduct {
  EinsumLabels batch, rows, columns, depth;
  bool possible;

  EinsumProduct(const EinsumShape& shape, std::size_t inputs);
};

}  // namespace fourfold
