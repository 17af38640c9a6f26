// Tensors that someone else owns: element type, shape, data. Always C-contiguous.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "ops/dtype.h"

namespace fourfold {

inline constexpr std::size_t kMaxRank = 8;
inline constexpr std::int64_t kAnySize = -1;  // a size that only the call will tell

// Up to kMaxRank sizes, each >= 0 or kAnySize. No allocation: shapes are made in every call.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);

  std::size_t rank() const { return rank_; }
  std::int64_t operator[](std::size_t axis) const { return sizes_[axis]; }
  std::int64_t last() const { return sizes_[rank_ - 1]; }  // of a shape of rank >= 1
  void set(std::size_t axis, std::int64_t size) { sizes_[axis] = size; }
  void set_first(std::int64_t size) { sizes_[0] = size; }  // of a shape of rank >= 1
  void append(std::int64_t size);                          // std::invalid_argument beyond kMaxRank

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::size_t rank_ = 0;
  std::array<std::int64_t, kMaxRank> sizes_{};
};

// True if both have one rank and no axis has two different known sizes.
bool compatible(const Shape& a, const Shape& b);

// The product of the sizes, all known. Refuses what no memory can hold.
std::size_t element_count(const Shape& shape);

// "(rows, 64)": a first size that is not known reads "rows", any other "any".
std::string shape_text(const Shape& shape);

struct TensorType {
  DType dtype = DType::kF32;
  Shape shape;
};

std::string type_text(const TensorType& type);  // "float32 (rows, 64)"
std::size_t byte_count(const TensorType& type);

// data is null where it is not known yet, and where there is none: an optional input that is absent.
struct Tensor {
  TensorType type;
  void* data = nullptr;
  bool present = true;

  const Shape& shape() const { return type.shape; }
  std::size_t rank() const { return type.shape.rank(); }
  std::size_t size(std::size_t axis) const { return static_cast<std::size_t>(type.shape[axis]); }

  template <class T>
  const T* values() const {
    return static_cast<const T*>(data);
  }
  template <class T>
  T* values_out() const {
    return static_cast<T*>(data);
  }
  const float* f32() const { return values<float>(); }
  float* f32_out() const { return values_out<float>(); }
};

// Copies all of a tensor's data to another of as many bytes.
void copy_bytes(const Tensor& from, const Tensor& to);

}  // namespace fourfold
