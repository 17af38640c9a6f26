// copy_s8: rows of int8 to where a product reads them.
//
//   to[r][i] = from[r][i] ^ flip      for r < rows, i < columns; flip as in gemm_s8.h
//
// Shapes  Rows of `from` are from_stride bytes apart, and may overlap each other; those of `to` are
//         to_stride >= columns bytes apart, and do not overlap anything.
// Memory  Reads and writes nothing outside these shapes, any alignment.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

struct CopyS8Block {
  const std::int8_t* from;
  std::size_t from_stride;
  std::int8_t* to;
  std::size_t to_stride;
  std::size_t rows;
  std::size_t columns;
  std::uint8_t flip;
};

struct CopyS8Kernels {
  Isa isa;
  void (*rows)(const CopyS8Block&);
};

#define FOURFOLD_KERNELS(name) extern const CopyS8Kernels name;
#include "kernels/copy_s8/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const CopyS8Kernels* kCopyS8List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/copy_s8/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernels that `active` can run.
inline const CopyS8Kernels& copy_s8_kernels(Isa active) {
  return first_runnable(kCopyS8List, active);
}

}  // namespace fourfold
