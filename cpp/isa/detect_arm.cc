#include "isa/detect_arm.h"

#if defined(__aarch64__) || defined(_M_ARM64)

#if defined(__linux__)
#include <sys/auxv.h>

#include <fstream>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

namespace fourfold {
namespace {

#if defined(__linux__)

ArmFeatures detect() {
  constexpr unsigned long kHwcapDot = 1ul << 20;    // HWCAP_ASIMDDP
  constexpr unsigned long kHwcap2I8mm = 1ul << 13;  // HWCAP2_I8MM
  ArmFeatures features;
  features.dot = (getauxval(AT_HWCAP) & kHwcapDot) != 0;
  features.i8mm = features.dot && (getauxval(AT_HWCAP2) & kHwcap2I8mm) != 0;
  return features;
}

#elif defined(__APPLE__)

bool has_feature(const char* name) {
  int value = 0;
  std::size_t bytes = sizeof(value);
  return sysctlbyname(name, &value, &bytes, nullptr, 0) == 0 && value != 0;
}

ArmFeatures detect() {
  ArmFeatures features;
  features.dot = has_feature("hw.optional.arm.FEAT_DotProd");
  features.i8mm = features.dot && has_feature("hw.optional.arm.FEAT_I8MM");
  return features;
}

#elif defined(_WIN32)

ArmFeatures detect() {
  constexpr DWORD kDot =
      43;  // PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE; Windows 11 reports i8mm, older ones cannot
  ArmFeatures features;
  features.dot = IsProcessorFeaturePresent(kDot) != 0;
  return features;
}

#else

ArmFeatures detect() {
  return {};
}

#endif

}  // namespace

const ArmFeatures& arm_features() {
  static const ArmFeatures features = detect();
  return features;
}

#if defined(__linux__)

// Few ARM kernels print a model; all print the implementer and part numbers.
std::string arm_brand() {
  std::ifstream file("/proc/cpuinfo");
  std::string line, implementer, part;
  while (std::getline(file, line)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    const std::string value = line.substr(colon + 2);
    if (line.rfind("model name", 0) == 0 || line.rfind("Hardware", 0) == 0) return value;
    if (line.rfind("CPU implementer", 0) == 0) implementer = value;
    if (line.rfind("CPU part", 0) == 0) part = value;
  }
  return part.empty() ? "" : "ARM implementer " + implementer + " part " + part;
}

#elif defined(__APPLE__)

std::string arm_brand() {
  char text[128] = {};
  std::size_t bytes = sizeof(text) - 1;
  return sysctlbyname("machdep.cpu.brand_string", text, &bytes, nullptr, 0) == 0 ? text : "";
}

#else

std::string arm_brand() {
  return "";
}

#endif

}  // namespace fourfold

#endif
