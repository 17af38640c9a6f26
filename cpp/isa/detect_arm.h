// AArch64: what the operating system reports. Advanced SIMD itself is part of the architecture.
#pragma once

#include <string>

namespace fourfold {

struct ArmFeatures {
  bool dot = false;   // sdot
  bool i8mm = false;  // smmla, with dot
};

// Detected once per process.
const ArmFeatures& arm_features();

// The name of the chip, "" where the system tells none.
std::string arm_brand();

}  // namespace fourfold
