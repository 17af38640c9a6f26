// An int8 weight as a program's constant holds it: in one of two forms, which its shape tells apart.
//
//   packed  int8 [matrices, blocks * N / 16, K / 4, 16, 4]  as in matmul/packed_weights.h; N: a
//                                                           block's columns padded to 16, K: depth
//                                                           padded to 64
//   plain   int8 [matrices, depth, blocks * columns]
//
// Matrices lie one after the other: of groups, of directions; an op of one has no such axis. A block
// is columns that are padded by themselves: those of a gate. What goes with the weight, one value for
// each column, is padded where the weight's columns are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/aligned_buffer.h"
#include "base/made_once.h"
#include "ops/op.h"

namespace fourfold {

struct StoredS8Sizes {
  Shape matrices;  // the axis, or none
  std::size_t depth;
  std::size_t blocks;
  std::size_t columns;  // of a block

  std::size_t all_columns() const { return blocks * columns; }  // of a matrix
  std::size_t packed_columns() const;                           // likewise
  std::size_t packed_bytes() const;                             // likewise
};

struct StoredS8 {
  const std::int8_t* data;  // null where only its type is known
  bool is_plain;
  StoredS8Sizes sizes;

  // Of what goes with it, for one matrix.
  std::size_t stored_columns() const {
    return is_plain ? sizes.all_columns() : sizes.packed_columns();
  }
  // float32 of that, for all.
  TensorType per_column() const;
};

// Refuses a type that is of neither form, and, where an input is given, what is no constant.
StoredS8 expect_stored_s8(const char* name, const TensorType& type, const StoredS8Sizes& sizes);
StoredS8 expect_stored_s8(const char* name, const OpInput& input, const StoredS8Sizes& sizes);

// The same as the kernels read it. What has to be made for that is made by the first run: the weight
// may be of a mapped file, which loading must not read.
class WeightS8 {
 public:
  explicit WeightS8(const StoredS8& stored) : stored_(stored) {}

  const StoredS8& stored() const { return stored_; }

  // All matrices, packed_bytes() each.
  const std::int8_t* packed() const;

  // sum_columns of all matrices, packed_columns() each.
  const std::int32_t* column_sums() const;

 private:
  std::size_t matrices() const { return element_count(stored_.sizes.matrices); }

  const StoredS8 stored_;
  const MadeOnce<AlignedBuffer> packed_;
  const MadeOnce<std::vector<std::int32_t>> column_sums_;
};

}  // namespace fourfold
