// A loop whose iterations do not depend on each other, though its output may lie on an input: else
// compilers test for overlap, and take the scalar loop where a step writes over what it reads.
#pragma once

#if defined(__clang__)
#define FOURFOLD_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define FOURFOLD_INDEPENDENT _Pragma("GCC ivdep")
#elif defined(_MSC_VER)
#define FOURFOLD_INDEPENDENT __pragma(loop(ivdep))
#else
#define FOURFOLD_INDEPENDENT
#endif
