// FOURFOLD_UNROLL before a loop over registers unrolls it fully and early.
//
// GCC 12 splits an array of accumulators into registers only if the loops that index it are
// unrolled before that pass; without this the 6 x 64 tile of gemm_s8 keeps its sums on the stack
// and runs at 40 % of its speed (measured).
#pragma once

#if defined(__clang__)
#define FOURFOLD_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define FOURFOLD_UNROLL _Pragma("GCC unroll 32")
#else
#define FOURFOLD_UNROLL
#endif
