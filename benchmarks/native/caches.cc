#include "caches.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace fourfold {

Caches read_caches() {
  Caches caches = {32 * 1024, 1024 * 1024, 32 * 1024 * 1024};
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index);
    int level = 0;
    std::string type;
    std::size_t kibibytes = 0;
    if (!(std::ifstream(folder + "/level") >> level)) break;
    std::ifstream(folder + "/type") >> type;
    std::ifstream(folder + "/size") >> kibibytes;  // as "48K"
    if (kibibytes == 0 || type == "Instruction") continue;
    if (level == 1) caches.l1 = kibibytes * 1024;
    if (level == 2) caches.l2 = kibibytes * 1024;
    if (level == 3) caches.l3 = kibibytes * 1024;
  }
  return caches;
}

Levels working_sets(const Caches& caches) {
  constexpr std::size_t kLargest = std::size_t{1} << 30;
  return {{"L1", caches.l1 / 4 * 3, false},
          {"L2", caches.l2 / 4 * 3, false},
          {"L3", std::min(8 * caches.l2, caches.l3 / 2), true},
          {"DRAM", std::min(8 * caches.l3, kLargest), true}};
}

}  // namespace fourfold
