// The float environment that the numeric contract assumes: round to nearest even, keep denormals.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#define FOURFOLD_HAS_MXCSR 1
#elif defined(__aarch64__) && !defined(_MSC_VER)
#define FOURFOLD_HAS_FPCR 1
#endif

namespace fourfold {

// Some libraries switch flush-to-zero or denormals-are-zero on for a whole thread (-ffast-math
// start-up code does): results would then depend on what else was imported.
class FloatEnvironment {
 public:
  FloatEnvironment() : saved_(read()) {
    if (saved_ != kDefault) write(kDefault);
  }
  ~FloatEnvironment() {
    // Always: kernels leave sticky exception flags, which are the caller's to see unchanged.
    write(saved_);
  }
  FloatEnvironment(const FloatEnvironment&) = delete;
  FloatEnvironment& operator=(const FloatEnvironment&) = delete;

 private:
#if defined(FOURFOLD_HAS_MXCSR)
  using Word = unsigned int;
  static constexpr Word kDefault = 0x1F80;  // every exception masked, to nearest, no FTZ, no DAZ
  static Word read() { return _mm_getcsr(); }
  static void write(Word word) { _mm_setcsr(word); }
#elif defined(FOURFOLD_HAS_FPCR)
  using Word = std::uint64_t;
  static constexpr Word kDefault = 0;  // to nearest, no FZ, no default NaN
  static Word read() {
    Word word;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) { asm volatile("msr fpcr, %0" : : "r"(word)); }
#else
  using Word = int;
  static constexpr Word kDefault = 0;
  static Word read() { return kDefault; }
  static void write(Word) {}
#endif

  Word saved_;
};

}  // namespace fourfold
