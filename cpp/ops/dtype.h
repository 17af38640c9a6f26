// Element types: their names, their sizes, and the way from the enum to a C++ type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace fourfold {

// Half precision as it is stored. The engine moves and converts it; it computes in float32.
struct Float16 {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

enum class DType {
#define FOURFOLD_DTYPE(enumerator, type, name) enumerator,
#include "ops/dtypes.inc"
#undef FOURFOLD_DTYPE
};

inline constexpr DType kAllDTypes[] = {
#define FOURFOLD_DTYPE(enumerator, type, name) DType::enumerator,
#include "ops/dtypes.inc"
#undef FOURFOLD_DTYPE
};

// Under these names, which are NumPy's, programs and error messages know the element types.
const char* dtype_name(DType dtype);
std::size_t dtype_bytes(DType dtype);
DType dtype_named(const std::string& name);  // std::invalid_argument for any other

template <class T>
struct DTypeTag {
  using Type = T;
};

// True of the types that the engine computes with: no bool, no half precision.
template <class T>
inline constexpr bool kIsNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

// Calls visit(DTypeTag<T>{}) for the C++ type of `dtype`.
template <class Visit>
decltype(auto) visit_dtype(DType dtype, const Visit& visit) {
  switch (dtype) {
#define FOURFOLD_DTYPE(enumerator, type, name) \
  case DType::enumerator:                      \
    return visit(DTypeTag<type>{});
#include "ops/dtypes.inc"
#undef FOURFOLD_DTYPE
  }
  return visit(DTypeTag<float>{});
}

template <class T>
inline constexpr DType kDTypeOf = DType::kF32;
#define FOURFOLD_DTYPE(enumerator, type, name) \
  template <>                                  \
  inline constexpr DType kDTypeOf<type> = DType::enumerator;
#include "ops/dtypes.inc"
#undef FOURFOLD_DTYPE

}  // namespace fourfold
