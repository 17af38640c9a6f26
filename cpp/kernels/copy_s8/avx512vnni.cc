#include "kernels/copy_s8/avx2.h"

namespace fourfold {
namespace {

struct Piece64 {
  static constexpr std::size_t kBytes = 64;
  const __m512i flips;
  explicit Piece64(std::uint8_t flip) : flips(_mm512_set1_epi8(static_cast<char>(flip))) {}
  FOURFOLD_INLINE void copy(const std::int8_t* from, std::int8_t* to) const {
    const __m512i bytes = _mm512_loadu_si512(from);
    _mm512_storeu_si512(to, _mm512_xor_si512(bytes, flips));
  }
};

}  // namespace

extern const CopyS8Kernels copy_s8_avx512vnni = {Isa::kAvx512Vnni,
                                                 copy_rows<Piece64, Piece32, Piece16>};

}  // namespace fourfold
