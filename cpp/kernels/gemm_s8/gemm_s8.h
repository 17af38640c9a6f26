// gemm_s8: exact integer matrix product of quantized rows with packed weights.
//
//   c[r][n] = sum over d < depth of a[r][d] * b[d][n]          int32, never saturating
//
// Ranges  a any int8, though what we quantize is never -128; b in [-127, 127]; depth <= 65,536, so
//         |c| <= 2^16 * 128 * 127 < 2^31.
// Shapes  a: rows x depth, row-major, rows `a_stride` bytes apart; depth is a multiple of the
//         kernel's depth_step. Who quantizes pads: what lies past the true depth may hold anything,
//         because the weights are zero there.
//         b: columns / 16 panels of b_depth x 16, each [b_depth / 4][16][4] (matmul/packed_weights.h),
//         of which the first depth are read; b_depth is a multiple of 64.
//         c: rows x columns, rows `c_stride` elements apart. columns is a multiple of the kernel's
//         column_step; rows >= 1.
// Form    A kernel built on a u8 x s8 dot product wants a as a ^ 0x80, which is a + 128 unsigned:
//         it says so in `flip`, the quantizer xors with it, and the kernel takes
//         128 * column_sums[n] off again, exactly.
// Memory  Reads and writes nothing outside these shapes, any alignment; b is fastest on 64-byte
//         boundaries.
// State   None is left behind: AMX tiles are released before returning, or by the GemmS8Session that
//         holds them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/built_isas.h"
#include "kernels/select.h"

namespace fourfold {

inline constexpr std::size_t kMaxDepth = 65536;
inline constexpr std::size_t kPanelColumns = 16;  // columns of one packed panel
inline constexpr std::size_t kDepthGroup = 4;     // depths that lie together for one column
inline constexpr std::size_t kGroupBytes = kPanelColumns * kDepthGroup;  // of a panel
inline constexpr std::size_t kDepthStep = 64;  // packed to a multiple of this: one AMX tile row

struct GemmS8Block {
  const std::int8_t* a;
  std::size_t a_stride;
  const std::int8_t* b;
  std::size_t b_depth;
  const std::int32_t* column_sums;  // of b, one per column; read only by kernels with flip != 0
  std::int32_t* c;
  std::size_t c_stride;
  std::size_t rows;
  std::size_t columns;
  std::size_t depth;
  // What is needed next, if anything: kernels that outrun the outer caches fetch it into L2 on the
  // way. Never read as data, so it may be any memory.
  const std::int8_t* ahead = nullptr;
  std::size_t ahead_bytes = 0;
};

// Work to be done beside a product, between its tile operations: what is left to do for the former
// block (dequantize, activate, store). Steps use no tile registers.
struct Interlude {
  void (*step)(void* state);
  void* state;
  std::size_t steps;
};

struct GemmS8Kernels {
  Isa isa;
  std::size_t min_rows;  // below this many rows another kernel on the list is faster
  std::size_t row_tile;  // rows that one pass over b serves; row blocks are best a multiple of it
  std::size_t depth_step;
  std::uint8_t flip;  // 0x00, or 0x80 for kernels that read a as u8
  void (*block)(const GemmS8Block&);
  std::size_t column_block;  // columns of one call; twice that for at most row_tile / 2 rows
  // Null, or: does what block does and calls step(state) exactly `steps` times, spread evenly, all
  // before it returns. What a step throws passes through, and c is then unfinished; the session
  // around the call leaves no state behind even so.
  void (*interleaved)(const GemmS8Block&, const Interlude&);
  // Null, or what a GemmS8Session does at its ends.
  void (*hold)(std::size_t rows) = nullptr;
  void (*release)() = nullptr;
  std::size_t column_step = kPanelColumns;  // or half a panel
};

// Keeps what a kernel sets up in every call (AMX: the tile configuration, some 220 cycles) from one
// call to the next. Calls work without it; those of a session have one thread, and best the rows
// (at most row_tile / 2 of them, or more) that it was told.
class GemmS8Session {
 public:
  GemmS8Session(const GemmS8Kernels& kernels, std::size_t rows) : release_(kernels.release) {
    if (kernels.hold != nullptr) kernels.hold(rows);
  }
  GemmS8Session(const GemmS8Session&) = delete;
  GemmS8Session& operator=(const GemmS8Session&) = delete;
  ~GemmS8Session() {
    if (release_ != nullptr) release_();
  }

 private:
  void (*release_)();
};

#define FOURFOLD_KERNELS(name) extern const GemmS8Kernels name;
#include "kernels/gemm_s8/kernels.inc"
#undef FOURFOLD_KERNELS

inline constexpr const GemmS8Kernels* kGemmS8List[] = {
#define FOURFOLD_KERNELS(name) &name,
#include "kernels/gemm_s8/kernels.inc"
#undef FOURFOLD_KERNELS
};

// The best kernel that `active` can run for a product of so many rows.
inline const GemmS8Kernels& gemm_s8_kernels(Isa active, std::size_t rows) {
  for (const GemmS8Kernels* kernels : kGemmS8List) {
    if (runs_under(kernels->isa, active) && rows >= kernels->min_rows) return *kernels;
  }
  return gemm_s8_scalar;
}

}  // namespace fourfold
