// What gather and scatter ops share: the places that their indices mean, and moving runs between
// them.
//
// A place is an offset into a tensor, counted in runs: pieces of so many bytes that lie together.
#pragma once

#include "matmul/execution.h"
#include "ops/tensor.h"

namespace fourfold {

using Places = const std::int64_t*;

// int32 or int64, of any shape.
void expect_indices(const TensorType& indices);

// Indices of single elements of x along an axis: of x's rank, no larger than x along the others.
void expect_element_indices(const TensorType& indices, const Shape& x, std::size_t axis);

// Vectors of indices, along the last axis, into the axes of x after the first batch_dims, which
// both have alike. Returns the shape of all x[vector]: that of the vectors, then the rest of x's.
Shape expect_vector_indices(const TensorType& indices, const Shape& x, std::size_t batch_dims);

// The indices must lie in [-size, size - 1], negative ones counting from the end; else
// std::invalid_argument naming the index and the size.

// For each index: itself, not negative.
void find_places(const Tensor& indices, std::size_t size, std::int64_t* places);

// For each element of indices, whose place is (i0, .., ik, ..): the place of
// (i0, .., index, .., ) in a C-contiguous tensor of shape x, along `axis`.
void find_element_places(const Tensor& indices, const Shape& x, std::size_t axis,
                         std::int64_t* places, const Execution& execution);

// How many vectors lie along the last axis.
std::size_t vector_count(const Shape& indices);

// For each of the vectors along the last axis of indices: the place, in runs, of
// x[batch.., vector.., :]. The first batch_dims axes of both are the same.
void find_vector_places(const Tensor& indices, const Shape& x, std::size_t batch_dims,
                        std::int64_t* places);

// to[i] = from[places[i]], for each of `count` runs, none of which overlaps.
void gather_range(const std::byte* from, Places places, std::size_t count, std::size_t run_bytes,
                  std::byte* to);

// The same, shared out.
void gather_runs(const void* from, Places places, std::size_t count, std::size_t run_bytes,
                 void* to, const Execution& execution);

}  // namespace fourfold
