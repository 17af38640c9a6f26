// The kinds of reduce that add or multiply: of float32, float64, and integers of 32 and 64 bits.
#include "ops/reduction/reduce_kinds.h"
#include "ops/reduction/reduce_tiles.h"
#include "ops/reduction/reducers.h"

namespace fourfold {
namespace {

// What becomes of the sum of `count` terms. The mean of no floats is NaN, of no integers 0.
template <class T>
T finished(ReduceKind kind, SumOf<T> sum, std::size_t count) {
  const auto total = signed_sum<T>(sum);
  using Number = std::remove_const_t<decltype(total)>;
  switch (kind) {
    case ReduceKind::kMean:
      if (!kIsFloat<T> && count == 0) return 0;
      return static_cast<T>(total / static_cast<Number>(count));
    case ReduceKind::kL2:
      return from_real<T>(std::sqrt(static_cast<RealOf<T>>(sum)));
    default:
      return static_cast<T>(total);
  }
}

template <class T, class Reducer>
void reduce_by(ReduceKind kind, const ReductionLoops& loops, const StepData& step,
               const Execution& execution) {
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    typename Reducer::Sum sums[kTileColumns];
    reduce_tile<Reducer>(loops, tile, step.inputs[0].values<T>(), sums);
    T* y = step.outputs[0].values_out<T>() + first;
    for (std::size_t c = 0; c < tile.columns; ++c)
      y[c] = finished<T>(kind, sums[c], loops.elements());
  });
}

template <class T>
Reduction reduction_of(ReduceKind kind) {
  switch (kind) {
    case ReduceKind::kSum:
    case ReduceKind::kMean:
      return reduce_by<T, Total<T>>;
    case ReduceKind::kL1:
      return reduce_by<T, Magnitudes<T>>;
    case ReduceKind::kL2:
    case ReduceKind::kSumSquare:
      return reduce_by<T, Squares<T>>;
    case ReduceKind::kProd:
      return reduce_by<T, Product<T>>;
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
