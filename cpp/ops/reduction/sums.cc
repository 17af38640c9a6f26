// The kinds of reduce that add or multiply: of float32, float64, and integers of 32 and 64 bits.
#include "ops/reduction/reduce_kinds.h"
#include "ops/reduction/reduce_tiles.h"
#include "ops/reduction/reducers.h"

namespace fourfold {
namespace {

template <class T>
inline constexpr bool kIsSummed = kIsNumber<T> && sizeof(T) >= 4;

// Float functions of integers are computed in float64, and truncated.
template <class T>
using RealOf = std::conditional_t<kIsFloat<T>, T, double>;

template <class T>
T from_real(RealOf<T> value) {
  if constexpr (kIsFloat<T>) {
    return value;
  } else {
    return truncate_to_integer<T>(value);
  }
}

// What becomes of the sum of `count` terms. The mean of no floats is NaN, of no integers 0.
template <class T>
T finished(ReduceKind kind, SumOf<T> sum, std::size_t count) {
  using Signed =
      std::conditional_t<kIsFloat<T>, T,
                         std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;
  const auto total = static_cast<Signed>(sum);
  switch (kind) {
    case ReduceKind::kMean:
      if (!kIsFloat<T> && count == 0) return 0;
      return static_cast<T>(total / static_cast<Signed>(count));
    case ReduceKind::kL2:
      return from_real<T>(std::sqrt(static_cast<RealOf<T>>(sum)));
    case ReduceKind::kLogSum:
      return from_real<T>(std::log(static_cast<RealOf<T>>(total)));
    default:
      return static_cast<T>(total);
  }
}

template <class T, class Reducer>
void reduce_by(ReduceKind kind, const ReductionLoops& loops, const StepData& step,
               const Execution& execution) {
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    typename Reducer::Sum sums[kTileColumns];
    reduce_tile(loops, tile, step.inputs[0].values<T>(), Reducer{}, sums);
    T* y = step.outputs[0].values_out<T>() + first;
    for (std::size_t c = 0; c < tile.columns; ++c)
      y[c] = finished<T>(kind, sums[c], loops.elements());
  });
}

// log(sum(e^x)), the maximum taken off first, so that nothing overflows; of nothing -Inf.
template <class T>
void log_sum_exp(ReduceKind, const ReductionLoops& loops, const StepData& step,
                 const Execution& execution) {
  using Real = RealOf<T>;
  const T* x = step.inputs[0].values<T>();
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    T maxima[kTileColumns];
    Real shifts[kTileColumns], sums[kTileColumns];
    reduce_tile(loops, tile, x, Largest<T>{}, maxima);
    for (std::size_t c = 0; c < tile.columns; ++c) {
      const Real maximum = static_cast<Real>(maxima[c]);
      shifts[c] = std::isfinite(maximum) ? maximum : Real{0};  // Inf - Inf would be NaN
    }
    reduce_tile(loops, tile, x, Exponentials<T>{shifts}, sums);
    T* y = step.outputs[0].values_out<T>() + first;
    for (std::size_t c = 0; c < tile.columns; ++c)
      y[c] = from_real<T>(shifts[c] + std::log(sums[c]));
  });
}

template <class T>
Reduction reduction_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean:
    case ReduceKind::kLogSum:
      return reduce_by<T, Total<T>>;
    case ReduceKind::kL1:
      return reduce_by<T, Magnitudes<T>>;
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      return reduce_by<T, Squares<T>>;
    case ReduceKind::kProd:
      return reduce_by<T, Product<T>>;
    case ReduceKind::kLogSumExp:
      return log_sum_exp<T>;
    default:
      return nullptr;
  }
}

}  // namespace

Reduction sum_reduction(ReduceKind kind, DType dtype) {
  return visit_dtype(dtype, [&](auto tag) -> Reduction {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsSummed<T>) {
      return reduction_of<T>(kind);
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
