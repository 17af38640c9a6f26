#include "isa/detect.h"

#include "isa/built_isas.h"
#include "isa/detect_arm.h"
#include "isa/detect_x86.h"

namespace fourfold {
namespace {

// Brand strings are padded with blanks, on either side.
std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

bool cpu_supports(Isa isa) {
  // One line per ISA. Those that this build lacks vanish, and with them what they would call.
  switch (isa) {
    // clang-format off
    FOURFOLD_IF_SCALAR(case Isa::kScalar: return true;)
    FOURFOLD_IF_AVX2(case Isa::kAvx2: return x86_features().avx2;)
    FOURFOLD_IF_AVXVNNI(case Isa::kAvxVnni: return x86_features().avxvnni;)
    FOURFOLD_IF_AVX512VNNI(case Isa::kAvx512Vnni: return x86_features().avx512vnni;)
    FOURFOLD_IF_AMX(case Isa::kAmx: return x86_features().amx;)
    FOURFOLD_IF_NEON(case Isa::kNeon: return true;)
    FOURFOLD_IF_NEONDOT(case Isa::kNeonDot: return arm_features().dot;)
    FOURFOLD_IF_I8MM(case Isa::kI8mm: return arm_features().i8mm;)
    // clang-format on
    default:
      return false;
  }
}

std::string cpu_name() {
#if defined(__x86_64__) || defined(_M_X64)
  const std::string name = trimmed(x86_brand());
#elif defined(__aarch64__) || defined(_M_ARM64)
  const std::string name = trimmed(arm_brand());
#else
  const std::string name;
#endif
  return name.empty() ? "unknown" : name;
}

}  // namespace fourfold
