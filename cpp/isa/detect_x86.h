// x86: CPUID says what the CPU has, XCR0 what the operating system saves, arch_prctl grants AMX.
#pragma once

#include <string>

namespace fourfold {

struct X86Features {
  bool avx2 = false;        // AVX2 and FMA
  bool avxvnni = false;     // with avx2
  bool avx512vnni = false;  // F, BW, DQ, VL and VNNI, with avx2
  bool amx = false;         // TILE and INT8, with avx512vnni, and this process may use them
};

// Detected once per process.
const X86Features& x86_features();

// The brand string, "" where the CPU has none.
std::string x86_brand();

}  // namespace fourfold
