// Values of int8 and uint8 tensors. A uint8 less 128 is the int8 of the same bits but the top one.
#pragma once

#include <cstdint>

#include "ops/tensor.h"

namespace fourfold {

// 128 for uint8, 0 for int8: what lies between a byte and the signed byte that stands for it.
inline std::int32_t byte_shift(DType dtype) {
  return dtype == DType::kU8 ? 128 : 0;
}

// The bits in which they differ.
inline std::uint8_t byte_flip(DType dtype) {
  return dtype == DType::kU8 ? 0x80 : 0x00;
}

inline std::int8_t signed_byte(std::uint8_t byte, std::uint8_t flip) {
  return static_cast<std::int8_t>(byte ^ flip);
}

// The value at `index`, or the one value that a tensor has for all; 0 of one that is absent.
inline std::int32_t byte_at(const Tensor& tensor, std::size_t index) {
  if (!tensor.present) return 0;
  const std::size_t at = element_count(tensor.shape()) == 1 ? 0 : index;
  return tensor.type.dtype == DType::kS8 ? std::int32_t{tensor.values<std::int8_t>()[at]}
                                         : std::int32_t{tensor.values<std::uint8_t>()[at]};
}

}  // namespace fourfold
