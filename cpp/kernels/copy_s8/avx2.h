// Pieces of 16 and 32 bytes, of every x86 with AVX2.
#pragma once

#include <immintrin.h>

#include "kernels/copy_s8/body.h"

namespace fourfold {
namespace {

struct Piece16 {
  static constexpr std::size_t kBytes = 16;
  const __m128i flips;
  explicit Piece16(std::uint8_t flip) : flips(_mm_set1_epi8(static_cast<char>(flip))) {}
  FOURFOLD_INLINE void copy(const std::int8_t* from, std::int8_t* to) const {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_xor_si128(bytes, flips));
  }
};

struct Piece32 {
  static constexpr std::size_t kBytes = 32;
  const __m256i flips;
  explicit Piece32(std::uint8_t flip) : flips(_mm256_set1_epi8(static_cast<char>(flip))) {}
  FOURFOLD_INLINE void copy(const std::int8_t* from, std::int8_t* to) const {
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_xor_si256(bytes, flips));
  }
};

}  // namespace
}  // namespace fourfold
