// log_sum and log_sum_exp of reduce: of float32, float64, and integers of 32 and 64 bits.
//
// log_sum_exp takes the maximum off first, so that nothing overflows. float32 goes through the
// kernels for e^x and log.
#include "kernels/unary/unary.h"
#include "ops/reduction/reduce_kinds.h"
#include "ops/reduction/reduce_tiles.h"
#include "ops/reduction/reducers.h"

namespace fourfold {
namespace {

void exp_in_place(float* x, std::size_t count, Isa isa) {
  unary_kernels(isa).of(Unary::exp)({x, x, count, 0.0f, 0.0f});
}
void exp_in_place(double* x, std::size_t count, Isa) {
  for (std::size_t i = 0; i < count; ++i)
    x[i] = std::exp(x[i]);
}

void log_in_place(float* x, std::size_t count, Isa isa) {
  unary_kernels(isa).of(Unary::log)({x, x, count, 0.0f, 0.0f});
}
void log_in_place(double* x, std::size_t count, Isa) {
  for (std::size_t i = 0; i < count; ++i)
    x[i] = std::log(x[i]);
}

template <class T>
void log_sum(ReduceKind, const ReductionLoops& loops, const StepData& step,
             const Execution& execution) {
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    SumOf<T> sums[kTileColumns];
    RealOf<T> logs[kTileColumns];
    reduce_tile<Total<T>>(loops, tile, step.inputs[0].values<T>(), sums);
    for (std::size_t c = 0; c < tile.columns; ++c)
      logs[c] = static_cast<RealOf<T>>(signed_sum<T>(sums[c]));
    log_in_place(logs, tile.columns, execution.isa);
    T* y = step.outputs[0].values_out<T>() + first;
    for (std::size_t c = 0; c < tile.columns; ++c)
      y[c] = from_real<T>(logs[c]);
  });
}

// sums[c] = the sum of e^(x - shifts[c]) of column c.
template <class T>
void sum_exponentials(const ReductionLoops& loops, const ReductionTile& tile, const T* x,
                      const RealOf<T>* shifts, RealOf<T>* sums, Isa isa) {
  using Real = RealOf<T>;
  Real powers[kTileColumns];
  std::fill_n(sums, tile.columns, Real{0});
  for (std::size_t r = 0; r < loops.reduced(); ++r) {
    const T* row = x + loops.offset(tile.kept, r) + tile.first;
    const std::size_t size = loops.sums_run() ? loops.run() : tile.columns;
    for (std::size_t begin = 0; begin < size; begin += kTileColumns) {
      const std::size_t count = std::min(kTileColumns, size - begin);
      for (std::size_t i = 0; i < count; ++i)
        powers[i] = static_cast<Real>(row[begin + i]) - shifts[loops.sums_run() ? 0 : i];
      exp_in_place(powers, count, isa);
      if (loops.sums_run()) {
        sums[0] += reduce_run<Total<Real>>(powers, count);
      } else {
        for (std::size_t c = 0; c < count; ++c)
          sums[c] += powers[c];
      }
    }
  }
}

template <class T>
void log_sum_exp(ReduceKind, const ReductionLoops& loops, const StepData& step,
                 const Execution& execution) {
  using Real = RealOf<T>;
  const T* x = step.inputs[0].values<T>();
  share_out_tiles(loops, execution, [&](const ReductionTile& tile, std::size_t first) {
    T maxima[kTileColumns];
    Real shifts[kTileColumns], sums[kTileColumns];
    reduce_tile<Largest<T>>(loops, tile, x, maxima);
    for (std::size_t c = 0; c < tile.columns; ++c) {
      const Real maximum = static_cast<Real>(maxima[c]);
      shifts[c] = std::isfinite(maximum) ? maximum : Real{0};  // Inf - Inf would be NaN
    }
    sum_exponentials(loops, tile, x, shifts, sums, execution.isa);
    log_in_place(sums, tile.columns, execution.isa);
    T* y = step.outputs[0].values_out<T>() + first;
    for (std::size_t c = 0; c < tile.columns; ++c)
      y[c] = from_real<T>(shifts[c] + sums[c]);
  });
}

}  // namespace

Reduction log_sum_reduction(ReduceKind kind, DType dtype) {
  return visit_dtype(dtype, [&](auto tag) -> Reduction {
    using T = typename decltype(tag)::Type;
    if constexpr (kIsSummed<T>) {
      if (kind == ReduceKind::kLogSum) return log_sum<T>;
      if (kind == ReduceKind::kLogSumExp) return log_sum_exp<T>;
    }
    return nullptr;
  });
}

}  // namespace fourfold
