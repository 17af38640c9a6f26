// Fills what lies around the middle of a padded tensor.
#pragma once

#include "ops/movement/strided_copy.h"

namespace fourfold {

enum class PadMode { kConstant, kReflect, kEdge, kWrap };

struct PadExtent {
  std::int64_t before;
  std::int64_t after;
};

struct PaddedTensor {
  Shape middle;            // the sizes of what is there already
  Layout to;               // begins where the middle does
  const PadExtent* added;  // along each axis, 0 or more
  std::size_t element_bytes;
  const std::byte* value;  // one element, for kConstant
};

// One axis after the other, the last first: each pads what the middle and the axes after it have
// become. Modes other than kConstant need a middle that is not empty along the axes they pad.
void pad_borders(const PaddedTensor& padded, PadMode mode, const Execution& execution);

}  // namespace fourfold
