#include "ops/quantization/packed_factor.h"

#include <algorithm>

#include "ops/quantization/byte_values.h"

namespace fourfold {
namespace {

constexpr std::int8_t kLow = -128;

}  // namespace

PackedFactor::PackedFactor(const Tensor& b, const Tensor& zero, std::size_t depth,
                           std::size_t columns)
    : depth_(depth), columns_(columns) {
  pack(b);
  sum(b, zero);
}

void PackedFactor::pack(const Tensor& b) {
  const auto* bytes = b.values<std::uint8_t>();
  const std::uint8_t flip = byte_flip(b.type.dtype);
  std::vector<std::int8_t> clipped(depth_ * columns_);
  for (std::size_t i = 0; i < clipped.size(); ++i)
    clipped[i] = std::max<std::int8_t>(signed_byte(bytes[i], flip), kLow + 1);
  packed_ = AlignedBuffer(weight().bytes_of(columns_));
  pack_s8(clipped.data(), depth_, columns_, reinterpret_cast<std::int8_t*>(packed_.data()));
  packed_sums_.resize(padded_columns(columns_));
  sum_columns(weight(), packed_sums_.data());

  if (std::none_of(bytes, bytes + clipped.size(),
                   [flip](std::uint8_t byte) { return signed_byte(byte, flip) == kLow; }))
    return;
  lows_from_.assign(1, 0);
  for (std::size_t n = 0; n < columns_; ++n) {
    for (std::size_t d = 0; d < depth_; ++d) {
      if (signed_byte(bytes[d * columns_ + n], flip) == kLow)
        lows_.push_back(static_cast<std::uint32_t>(d));
    }
    lows_from_.push_back(lows_.size());
  }
}

void PackedFactor::sum(const Tensor& b, const Tensor& zero) {
  const std::int32_t shift = byte_shift(b.type.dtype);
  const auto depth = static_cast<std::int32_t>(depth_);
  totals_.resize(columns_);
  betas_.resize(columns_);
  for (std::size_t n = 0; n < columns_; ++n) {
    betas_[n] = byte_at(zero, n) - shift;
    const std::size_t low = has_lows() ? lows_from_[n + 1] - lows_from_[n] : 0;
    totals_[n] = packed_sums_[n] - static_cast<std::int32_t>(low) - depth * betas_[n];
  }
  const bool all_0 =
      std::all_of(betas_.begin(), betas_.end(), [](std::int32_t beta) { return beta == 0; });
  if (all_0) betas_.clear();
}

}  // namespace fourfold
