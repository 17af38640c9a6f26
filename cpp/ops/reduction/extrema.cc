// max and min of reduce: of integers, float32, float64 and bool (any and all). NaN if any is.
#include "ops/reduction/reduce_kinds.h"
#include "ops/reduction/reduce_tiles.h"
#include "ops/reduction/reducers.h"

namespace fourfold {
namespace {

// Bytes that are not 0 are true: an array of bool may hold any.
struct AnyTrue {
  using Sum = std::uint8_t;
  static constexpr Sum kIdentity = 0;
  static Sum term(std::uint8_t x) { return x != 0; }
  static Sum combine(Sum a, Sum b) { return a | b; }
};

struct AllTrue : AnyTrue {
  static constexpr Sum kIdentity = 1;
  static Sum combine(Sum a, Sum b) { return a & b; }
};

template <class T, class Reducer>
void reduce_by(ReduceKind, const ReductionLoops& loops, const StepData& step,
               const Execution& execution) {
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    T extrema[kTileColumns];
    reduce_tile<Reducer>(loops, tile, step.inputs[0].values<T>(), extrema);
    std::copy_n(extrema, tile.columns, step.outputs[0].values_out<T>() + first);
  });
}

}  // namespace

Reduction extremum_reduction(ReduceKind kind, DType dtype) {
  if (kind != ReduceKind::kMax && kind != ReduceKind::kMin) return nullptr;
  const bool largest = kind == ReduceKind::kMax;
  if (dtype == DType::kBool) {
    return largest ? reduce_by<std::uint8_t, AnyTrue> : reduce_by<std::uint8_t, AllTrue>;
  }
  return visit_dtype(dtype, [&](auto tag) -> Reduction {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsNumber<T>) {
      return largest ? reduce_by<T, Largest<T>> : reduce_by<T, Smallest<T>>;
    } else {
      return nullptr;
    }
  });
}

}  // namespace fourfold
