// is_nan and is_inf of float32 and float64.
#include <cmath>
#include <limits>

#include "ops/elementwise/unary_loops.h"

namespace fourfold {
namespace {

template <class T>
struct IsNan {
  bool operator()(T x) const { return x != x; }
};

template <class T>
struct IsNegativeInfinity {
  bool operator()(T x) const { return x < std::numeric_limits<T>::lowest(); }
};

template <class T>
struct IsPositiveInfinity {
  bool operator()(T x) const { return x > std::numeric_limits<T>::max(); }
};

template <class T>
struct IsInfinity {
  bool operator()(T x) const { return std::fabs(x) > std::numeric_limits<T>::max(); }
};

template <class T>
struct IsNothing {
  bool operator()(T) const { return false; }
};

template <class T>
UnaryLoop infinity_test_of(bool negative, bool positive) {
  if (negative && positive) return unary_loop<T, bool, IsInfinity<T>>;
  if (negative) return unary_loop<T, bool, IsNegativeInfinity<T>>;
  return positive ? unary_loop<T, bool, IsPositiveInfinity<T>> : unary_loop<T, bool, IsNothing<T>>;
}

}  // namespace

UnaryLoop infinity_test(DType dtype, bool negative, bool positive) {
  if (dtype == DType::kF32) return infinity_test_of<float>(negative, positive);
  return dtype == DType::kF64 ? infinity_test_of<double>(negative, positive) : nullptr;
}

UnaryLoop nan_test(DType dtype) {
  if (dtype == DType::kF32) return unary_loop<float, bool, IsNan<float>>;
  return dtype == DType::kF64 ? unary_loop<double, bool, IsNan<double>> : nullptr;
}

}  // namespace fourfold
