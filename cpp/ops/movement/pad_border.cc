#include "ops/movement/pad_border.h"

namespace fourfold {
namespace {

// The place in [0, size) that place `at`, outside of it, repeats.
std::int64_t source_of(std::int64_t at, std::int64_t size, PadMode mode) {
  if (mode == PadMode::kEdge || size == 1) return at < 0 ? 0 : size - 1;
  const std::int64_t period = mode == PadMode::kWrap ? size : 2 * (size - 1);
  const std::int64_t place = (at % period + period) % period;
  return place < size ? place : period - place;
}

// Fills the places [begin, end) along an axis of a box that lies around [0, size), from those
// inside. Neighbours whose sources are a constant step apart are one copy.
void fill_from_inside(const PaddedTensor& box, std::size_t axis, std::int64_t begin,
                      std::int64_t end, PadMode mode, const Execution& execution) {
  const std::int64_t size = box.middle[axis];
  for (std::int64_t at = begin; at < end;) {
    const std::int64_t source = source_of(at, size, mode);
    std::int64_t count = 1, step = 0;
    if (at + 1 < end) step = source_of(at + 1, size, mode) - source;
    while (at + count < end && source_of(at + count, size, mode) == source + count * step)
      ++count;
    Shape sizes = box.middle;
    sizes.set(axis, count);
    Layout from = box.to, to = box.to;
    move_along(from, axis, source, box.element_bytes);
    move_along(to, axis, at, box.element_bytes);
    from.strides[axis] *= step;
    copy_box(sizes, box.element_bytes, from, to, execution);
    at += count;
  }
}

void fill_with_value(const PaddedTensor& box, std::size_t axis, std::int64_t begin,
                     std::int64_t end, const Execution& execution) {
  Shape sizes = box.middle;
  sizes.set(axis, end - begin);
  Layout to = box.to;
  move_along(to, axis, begin, box.element_bytes);
  fill_box(sizes, box.element_bytes, box.value, to, execution);
}

}  // namespace

void pad_borders(const PaddedTensor& padded, PadMode mode, const Execution& execution) {
  PaddedTensor box = padded;
  for (std::size_t axis = box.middle.rank(); axis-- > 0;) {
    const auto [before, after] = padded.added[axis];
    const std::int64_t size = box.middle[axis];
    if (mode == PadMode::kConstant) {
      fill_with_value(box, axis, -before, 0, execution);
      fill_with_value(box, axis, size, size + after, execution);
    } else {
      fill_from_inside(box, axis, -before, 0, mode, execution);
      fill_from_inside(box, axis, size, size + after, mode, execution);
    }
    move_along(box.to, axis, -before, box.element_bytes);
    box.middle.set(axis, size + before + after);
  }
}

}  // namespace fourfold
