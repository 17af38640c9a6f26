#include "ops/movement/scatter.h"

#include <cstring>
#include <type_traits>

#include "base/check.h"

namespace fourfold {
namespace {

// Wide enough not to be promoted to int, whose overflow is undefined, and unsigned: it wraps.
template <class T>
using Wrapping = std::conditional_t<std::is_floating_point_v<T>, T, std::uint64_t>;

template <class T>
T reduced(Scatter reduction, T a, T b) {
  if (b != b) return b;
  switch (reduction) {
    case Scatter::kAdd:
      return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
    case Scatter::kMul:
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
    case Scatter::kMin:
      return b < a ? b : a;
    case Scatter::kMax:
      return b > a ? b : a;
    case Scatter::kNone:
      break;
  }
  return b;
}

}  // namespace

Scatter scatter_named(const std::string& name) {
  if (name == "none") return Scatter::kNone;
  if (name == "add") return Scatter::kAdd;
  if (name == "mul") return Scatter::kMul;
  if (name == "min") return Scatter::kMin;
  if (name == "max") return Scatter::kMax;
  refuse_value("reduction: expected one of none, add, mul, min, max; received '", name, "'");
}

void expect_scatter_type(Scatter reduction, DType dtype) {
  const bool number =
      visit_dtype(dtype, [](auto tag) { return kIsNumber<typename decltype(tag)::Type>; });
  if (number || reduction == Scatter::kNone) return;
  refuse_value("x: expected integers, float32 or float64 for a reduction, received ",
               dtype_name(dtype));
}

void scatter_runs(Scatter reduction, const Tensor& updates, Places places, std::size_t count,
                  std::size_t run, const Tensor& y) {
  if (reduction == Scatter::kNone) {
    const std::size_t bytes = run * dtype_bytes(y.type.dtype);
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(y.values_out<std::byte>() + static_cast<std::size_t>(places[i]) * bytes,
                  updates.values<std::byte>() + i * bytes, bytes);
    }
    return;
  }
  visit_dtype(y.type.dtype, [&](auto tag) {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsNumber<T>) {
      for (std::size_t i = 0; i < count; ++i) {
        T* to = y.values_out<T>() + static_cast<std::size_t>(places[i]) * run;
        for (std::size_t k = 0; k < run; ++k)
          to[k] = reduced(reduction, to[k], updates.values<T>()[i * run + k]);
      }
    }
  });
}

}  // namespace fourfold
