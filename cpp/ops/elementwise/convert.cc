#include "ops/elementwise/convert.h"

#include <algorithm>
#include <cstring>

#include "ops/elementwise/half.h"
#include "ops/elementwise/numbers.h"

namespace fourfold {
namespace {

template <class T>
inline constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

// bool is read as the byte that it is: an array of bool may hold any.
template <class T>
using StoredAs = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

// What has to go by way of float32.
template <class X, class Y>
inline constexpr bool kInTwoSteps =
    (kIsHalf<X> && !std::is_same_v<Y, float>) || (kIsHalf<Y> && !kIsFloat<X>);

template <class X, class Y>
Y converted(StoredAs<X> x) {
  if constexpr (kIsHalf<X>) {
    return to_float(x);
  } else if constexpr (kIsHalf<Y>) {
    Y y;
    from_float(x, y);
    return y;
  } else if constexpr (std::is_same_v<Y, bool>) {
    return x != 0;
  } else if constexpr (std::is_same_v<X, bool>) {
    return static_cast<Y>(x != 0);
  } else if constexpr (kIsFloat<X> && kIsInteger<Y>) {
    return truncate_to_integer<Y>(x);
  } else {
    return static_cast<Y>(x);
  }
}

template <class X, class Y>
void convert_each(const void* from, void* to, std::size_t count) {
  const auto* x = static_cast<const StoredAs<X>*>(from);
  auto* y = static_cast<Y*>(to);
  for (std::size_t i = 0; i < count; ++i)
    y[i] = converted<X, Y>(x[i]);
}

// Piece by piece, so that what lies between stays in L1.
void convert_by_float(DType from, const void* x, DType to, void* y, std::size_t count) {
  constexpr std::size_t kPiece = 1024;
  float between[kPiece];
  for (std::size_t done = 0; done < count; done += kPiece) {
    const std::size_t piece = std::min(kPiece, count - done);
    const auto* part = static_cast<const std::byte*>(x) + done * dtype_bytes(from);
    convert(from, part, DType::kF32, between, piece);
    convert(DType::kF32, between, to, static_cast<std::byte*>(y) + done * dtype_bytes(to), piece);
  }
}

}  // namespace

void convert(DType from, const void* x, DType to, void* y, std::size_t count) {
  if (from == to && from != DType::kBool) {
    std::memcpy(y, x, count * dtype_bytes(from));
    return;
  }
  visit_dtype(from, [&](auto from_tag) {
    using X = typename decltype(from_tag)::Type;
    visit_dtype(to, [&](auto to_tag) {
      using Y = typename decltype(to_tag)::Type;
      if constexpr (kInTwoSteps<X, Y>) {
        convert_by_float(from, x, to, y, count);
      } else if constexpr (!std::is_same_v<X, Y> || std::is_same_v<X, bool>) {
        convert_each<X, Y>(x, y, count);
      }
    });
  });
}

}  // namespace fourfold
