#include <arm_neon.h>

#include "kernels/copy_s8/body.h"

namespace fourfold {
namespace {

struct Piece16 {
  static constexpr std::size_t kBytes = 16;
  const int8x16_t flips;
  explicit Piece16(std::uint8_t flip) : flips(vdupq_n_s8(static_cast<std::int8_t>(flip))) {}
  FOURFOLD_INLINE void copy(const std::int8_t* from, std::int8_t* to) const {
    vst1q_s8(to, veorq_s8(vld1q_s8(from), flips));
  }
};

}  // namespace

extern const CopyS8Kernels copy_s8_neon = {Isa::kNeon, copy_rows<Piece16>};

}  // namespace fourfold
