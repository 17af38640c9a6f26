// What one call of linear_s8 works with: its kernels, its blocking, and where in the scratch each
// thing lies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matmul/linear_s8.h"

namespace fourfold {

// Memory of one row panel, which several parts read if they share it.
struct PanelMemory {
  std::int8_t* data;  // rows of row_stride bytes
  float* scales;      // one per row
  float* values;      // kRowsS8: v, rows of value_stride
};

// Memory of one part: what its kernel calls leave in L1.
struct PartMemory {
  std::int32_t* sums[2];  // the second only if the kernel interleaves: two blocks in turn
  float* values;          // one block of v
  std::int32_t* absmax;   // kRowsS8: one per row of the panel
};

struct LinearS8Plan {
  LinearS8Plan(const LinearS8& layer, OutputForm form, std::size_t rows,
               const Execution& execution);

  std::size_t scratch_bytes() const {
    return blocking.row_parts * panel_bytes + blocking.parts() * part_bytes;
  }
  PanelMemory panel_memory(std::byte* scratch, std::size_t row_part) const;
  PartMemory part_memory(std::byte* scratch, std::size_t part) const;

  const GemmS8Kernels& gemm;
  const QuantizeKernels& quantize;
  const CopyS8Kernels& copy;
  const ActivationKernels& activations;
  std::size_t column_block;  // columns of one kernel call
  std::size_t depth;         // padded as the kernel wants it
  std::size_t row_stride;    // bytes of a quantized row
  std::size_t value_stride;  // kRowsS8: floats of a row of v
  Blocking blocking;

 private:
  std::size_t scales_at, values_at, panel_bytes;                       // in a PanelMemory
  std::size_t second_sums_at, block_values_at, absmax_at, part_bytes;  // in a PartMemory
};

}  // namespace fourfold
