// What scatter_elements and scatter_nd share: how an update meets what is there.
#pragma once

#include <string>

#include "ops/movement/indices.h"
#include "ops/tensor.h"

namespace fourfold {

enum class Scatter { kNone, kAdd, kMul, kMin, kMax };

Scatter scatter_named(const std::string& name);  // std::invalid_argument for any other

// Of any type for kNone, else a number that the engine computes with.
void expect_scatter_type(Scatter reduction, DType dtype);

// y[places[i]] = y[places[i]] op updates[i] for each of `count` runs of `run` elements, in order:
// of two updates of one place the later one wins, and sums do not depend on threads.
// Integers wrap around; min and max of a NaN are NaN.
void scatter_runs(Scatter reduction, const Tensor& updates, Places places, std::size_t count,
                  std::size_t run, const Tensor& y);

}  // namespace fourfold
