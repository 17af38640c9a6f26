#include "ops/linear/einsum_terms.h"

#include <algorithm>

#include "base/check.h"

namespace fourfold {
namespace {

std::size_t label_of(char letter) {
  return letter <= 'Z' ? static_cast<std::size_t>(letter - 'A')
                       : static_cast<std::size_t>(letter - 'a') + kLetters / 2;
}

EinsumTerm parse_term(const std::string& text) {
  EinsumTerm term;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) {
      if (term.before.size() + term.after.size() == kMaxRank) {
        refuse_value("equation: expected at most ", kMaxRank, " letters in a term, received '",
                     text, "'");
      }
      (term.ellipsis ? term.after : term.before).append(label_of(c));
    } else if (text.compare(i, 3, "...") == 0 && !term.ellipsis) {
      term.ellipsis = true;
      i += 2;
    } else {
      refuse_value("equation: expected letters and one '...' in a term, received '", text, "'");
    }
  }
  return term;
}

EinsumTerm implicit_output(const std::vector<EinsumTerm>& inputs) {
  std::array<std::size_t, kLabels> occurrences{};
  EinsumTerm output;
  for (const EinsumTerm& term : inputs) {
    output.ellipsis |= term.ellipsis;
    for (const auto* labels : {&term.before, &term.after}) {
      for (const std::size_t label : *labels)
        ++occurrences[label];
    }
  }
  for (std::size_t label = 0; label < kLetters; ++label) {
    if (occurrences[label] == 1) output.after.append(label);
  }
  return output;
}

// Labels of all axes, where the ellipsis stands for so many.
EinsumLabels labels_of(const EinsumTerm& term, std::size_t ellipsis_axes) {
  EinsumLabels labels = term.before;
  for (std::size_t i = ellipsis_axes; term.ellipsis && i-- > 0;)
    labels.append(kLetters + i);
  for (const std::size_t label : term.after)
    labels.append(label);
  return labels;
}

}  // namespace

EinsumEquation::EinsumEquation(const std::string& text, std::size_t count) {
  const std::size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  for (std::size_t begin = 0; begin <= left.size();) {
    const std::size_t end = std::min(left.find(',', begin), left.size());
    inputs.push_back(parse_term(left.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (inputs.size() != count) {
    refuse_value("equation: expected ", count, " terms for the inputs, received '", text, "'");
  }
  output =
      arrow == std::string::npos ? implicit_output(inputs) : parse_term(text.substr(arrow + 2));
}

EinsumShape::EinsumShape(const EinsumEquation& equation, const Tensor* tensors) {
  std::size_t ellipsis_axes = 0;
  for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
    const EinsumTerm& term = equation.inputs[i];
    const std::size_t letters = term.before.size() + term.after.size();
    const std::size_t rank = tensors[i].rank();
    if (term.ellipsis ? rank < letters : rank != letters) {
      refuse_value("x", i, ": expected ", letters,
                   term.ellipsis ? " dimensions or more" : " dimensions",
                   " as in the equation, received ", type_text(tensors[i].type));
    }
    if (term.ellipsis) ellipsis_axes = std::max(ellipsis_axes, rank - letters);
    add_input(term, tensors[i].shape(), i);
  }
  std::array<bool, kLabels> kept{};
  output = labels_of(equation.output, ellipsis_axes);
  for (const std::size_t label : output) {
    if (!occurs(label) || kept[label]) {
      refuse_value("equation: expected labels of the inputs in the output, each once");
    }
    kept[label] = true;
    output_shape.append(static_cast<std::int64_t>(sizes[label]));
  }
  for (std::size_t label = 0; label < kLabels; ++label) {
    if (occurs(label) && !kept[label]) summed.append(label);
  }
}

bool EinsumShape::occurs(std::size_t label) const {
  return std::any_of(has.begin(), has.end(), [&](const auto& of_input) { return of_input[label]; });
}

std::size_t EinsumShape::count(const EinsumLabels& labels) const {
  std::size_t product = 1;
  for (const std::size_t label : labels) {
    product = element_count(
        {static_cast<std::int64_t>(product), static_cast<std::int64_t>(sizes[label])});
  }
  return product;
}

void EinsumShape::add_input(const EinsumTerm& term, const Shape& shape, std::size_t input) {
  const std::size_t letters = term.before.size() + term.after.size();
  const EinsumLabels labels = labels_of(term, shape.rank() - letters);
  std::ptrdiff_t stride = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    const auto size = static_cast<std::size_t>(shape[axis]);
    const std::size_t label = labels[axis];
    const bool known = occurs(label);
    if (known && sizes[label] != size && sizes[label] != 1 && size != 1) {
      refuse_value("x", input, ": expected size ", sizes[label], " on axis ", axis,
                   " as elsewhere in the equation, received ", shape_text(shape));
    }
    if (!known || sizes[label] == 1) sizes[label] = size;
    if (size != 1) strides[input][label] += stride;
    has[input][label] = true;
    stride *= static_cast<std::ptrdiff_t>(size);
  }
}

EinsumProduct::EinsumProduct(const EinsumShape& shape, std::size_t inputs)
    : depth(shape.summed), possible(inputs == 2) {
  const auto both = [&](std::size_t label) { return shape.has[0][label] && shape.has[1][label]; };
  for (const std::size_t label : shape.output)
    (both(label) ? batch : shape.has[0][label] ? rows : columns).append(label);
  for (const std::size_t label : depth)
    possible &= both(label);
}

}  // namespace fourfold
