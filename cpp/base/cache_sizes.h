// The caches of this machine, for choosing block sizes. Results never depend on them.
#pragma once

#include <cstddef>

namespace fourfold {

// Bytes that one core can count on: a cache that several cores share counts by its share.
struct CacheSizes {
  std::size_t l1d;
  std::size_t l2;
  std::size_t l3;
};

// What is assumed where the machine doesn't say: the least that servers have had since 2017.
inline constexpr CacheSizes kDefaultCacheSizes = {32 * 1024, 1024 * 1024, 1024 * 1024};

// Read once, at first use: sysfs and sysconf on Linux, sysctl on macOS,
// GetLogicalProcessorInformation on Windows. Of cores of several kinds, CPU 0's. A level that the
// machine doesn't have, or doesn't tell, has its default.
const CacheSizes& cache_sizes();

}  // namespace fourfold
