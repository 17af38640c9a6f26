// How large the caches of this core are, and working sets that live in each.
#pragma once

#include <cstddef>

namespace fourfold {

struct Level {
  const char* name;
  std::size_t bytes;  // of a working set that lives there
  bool beyond_l2;
};

struct Caches {
  std::size_t l1;
  std::size_t l2;
  std::size_t l3;
};

// From Linux's sysfs; elsewhere 32 KiB, 1 MiB and 32 MiB.
Caches read_caches();

// Three quarters of L1 and of L2 (their rest holds stack, code and page tables), eight times L2 for
// L3, and for DRAM eight times L3, at most 1 GiB.
struct Levels {
  Level l1, l2, l3, dram;
};
Levels working_sets(const Caches& caches);

}  // namespace fourfold
