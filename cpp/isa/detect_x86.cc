#include "isa/detect_x86.h"

#if defined(__x86_64__) || defined(_M_X64)

#include <cstdint>
#include <cstring>

#if defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace fourfold {
namespace {

struct Cpuid {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Zeros where the CPU has no such leaf.
Cpuid cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0) {
  Cpuid r;
#if defined(_MSC_VER)
  int words[4];
  __cpuid(words, static_cast<int>(leaf & 0x80000000u));
  if (static_cast<std::uint32_t>(words[0]) < leaf) return r;
  __cpuidex(words, static_cast<int>(leaf), static_cast<int>(subleaf));
  std::memcpy(&r, words, sizeof(r));
#else
  if (__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return Cpuid{};
#endif
  return r;
}

constexpr bool has(std::uint32_t word, int bit) {
  return (word >> bit & 1u) != 0;
}

// XCR0: which registers the operating system saves. Only to be read where CPUID reports OSXSAVE.
std::uint64_t read_xcr0() {
#if defined(_MSC_VER)
  return _xgetbv(0);
#else
  // The intrinsic would need -mxsave for the whole file.
  std::uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<std::uint64_t>(high) << 32 | low;
#endif
}

constexpr std::uint64_t kXcr0Ymm = 0x6;      // xmm, ymm
constexpr std::uint64_t kXcr0Zmm = 0xE6;     // and opmask, zmm 0-15 high halves, zmm 16-31
constexpr std::uint64_t kXcr0Amx = 0x600E6;  // and tile configuration, tile data

// Palette 1 as the kernels configure it: 8 tiles of 16 rows of 64 bytes. An emulator may report AMX
// with no palette.
bool has_amx_palette() {
  if (cpuid(0x1D).eax < 1) return false;
  const Cpuid palette = cpuid(0x1D, 1);
  const std::uint32_t bytes_per_row = palette.ebx & 0xFFFF;
  const std::uint32_t tiles = palette.ebx >> 16;
  const std::uint32_t rows = palette.ecx & 0xFFFF;
  return tiles >= 8 && rows >= 16 && bytes_per_row >= 64;
}

// Linux gives tile registers to a process that asks (Documentation/arch/x86/xstate.rst); without,
// they raise SIGILL.
bool request_amx_permission() {
#if defined(__linux__) && defined(SYS_arch_prctl)
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

X86Features detect() {
  X86Features features;
  const Cpuid basic = cpuid(1);
  const bool os_saves = has(basic.ecx, 27);  // OSXSAVE
  if (!os_saves) return features;
  const std::uint64_t xcr0 = read_xcr0();
  const auto saves = [xcr0](std::uint64_t registers) { return (xcr0 & registers) == registers; };

  const Cpuid extended = cpuid(7);
  const Cpuid extended1 = extended.eax >= 1 ? cpuid(7, 1) : Cpuid{};
  const bool fma = has(basic.ecx, 12);
  const bool avx512 = has(extended.ebx, 16) && has(extended.ebx, 17) && has(extended.ebx, 30) &&
                      has(extended.ebx, 31) && has(extended.ecx, 11);  // F, DQ, BW, VL, VNNI
  const bool amx = has(extended.edx, 24) && has(extended.edx, 25);     // TILE, INT8

  features.avx2 = fma && has(extended.ebx, 5) && saves(kXcr0Ymm);
  features.avxvnni = features.avx2 && has(extended1.eax, 4);
  features.avx512vnni = features.avx2 && avx512 && saves(kXcr0Zmm);
  features.amx = features.avx512vnni && amx && saves(kXcr0Amx) && has_amx_palette() &&
                 request_amx_permission();
  return features;
}

}  // namespace

const X86Features& x86_features() {
  static const X86Features features = detect();
  return features;
}

std::string x86_brand() {
  char text[3 * sizeof(Cpuid) + 1] = {};
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Cpuid words = cpuid(0x80000002u + i);
    std::memcpy(text + i * sizeof(words), &words, sizeof(words));
  }
  return text;
}

}  // namespace fourfold

#endif
