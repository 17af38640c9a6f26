// FOURFOLD_INLINE: for functions that are one or a few instructions, or that would otherwise pass
// vectors through memory.
#pragma once

#if defined(_MSC_VER) && !defined(__clang__)
#define FOURFOLD_INLINE __forceinline
#else
#define FOURFOLD_INLINE inline __attribute__((always_inline))
#endif
