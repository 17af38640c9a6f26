// Memory for the operands, filled with numbers such as kernels meet.
#pragma once

#include <cstdint>
#include <random>

#include "base/aligned_buffer.h"
#include "bench.h"

namespace fourfold {

template <class T>
class Array {
 public:
  explicit Array(std::size_t count) : buffer_(count * sizeof(T)), count_(count) {}

  T* data() const { return reinterpret_cast<T*>(buffer_.data()); }
  std::size_t size() const { return count_; }
  OutputBytes output() const { return {buffer_.data(), buffer_.bytes()}; }

 private:
  AlignedBuffer buffer_;
  std::size_t count_;
};

// Every value with the same probability.
inline Array<std::int8_t> random_s8(std::size_t count) {
  Array<std::int8_t> operand(count);
  std::minstd_rand random(1);
  for (std::size_t i = 0; i < count; ++i)
    operand.data()[i] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  return operand;
}

// The same numbers as a kernel with this flip reads them (kernels/gemm_s8/gemm_s8.h).
inline Array<std::int8_t> flipped(const Array<std::int8_t>& numbers, std::uint8_t flip) {
  Array<std::int8_t> operand(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i)
    operand.data()[i] = static_cast<std::int8_t>(numbers.data()[i] ^ flip);
  return operand;
}

// Evenly spread over [-4, 4].
inline Array<float> random_f32(std::size_t count) {
  Array<float> operand(count);
  std::minstd_rand random(1);
  for (std::size_t i = 0; i < count; ++i) {
    operand.data()[i] = static_cast<float>(random() % 65536) / 8192.0f - 4.0f;
  }
  return operand;
}

template <class T>
Array<T> zeros(std::size_t count) {
  Array<T> operand(count);
  for (std::size_t i = 0; i < count; ++i)
    operand.data()[i] = T{};
  return operand;
}

}  // namespace fourfold
