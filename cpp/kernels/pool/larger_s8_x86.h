// Vectors of 16 and 32 bytes, of every x86 with AVX2.
#pragma once

#include <immintrin.h>

#include "kernels/pool/larger_s8.h"

namespace fourfold {
namespace {

struct Bytes16 {
  static constexpr std::size_t kBytes = 16;
  static FOURFOLD_INLINE void join(const std::int8_t* x, std::int8_t* y) {
    const __m128i a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(y));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(y), _mm_max_epi8(a, b));
  }
};

struct Bytes32 {
  static constexpr std::size_t kBytes = 32;
  static FOURFOLD_INLINE void join(const std::int8_t* x, std::int8_t* y) {
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(y));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y), _mm256_max_epi8(a, b));
  }
};

}  // namespace
}  // namespace fourfold
