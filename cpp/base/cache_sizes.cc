#include "base/cache_sizes.h"

#include <algorithm>

#if defined(__linux__)
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#elif defined(__APPLE__)
#include <sys/sysctl.h>

#include <cstdint>
#elif defined(_WIN32)
#include <windows.h>

#include <vector>
#endif

namespace fourfold {
namespace {

constexpr std::size_t kLevels = 3;

// One level as the system describes it; 0 where it doesn't.
struct Cache {
  std::size_t bytes = 0;
  std::size_t cpus = 0;  // hardware threads that share it
};

struct Caches {
  Cache level[kLevels + 1];  // [1] to [kLevels]; data or unified
};

#if defined(__linux__)

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "48K" or "2M"; 0 if there is no number.
std::size_t bytes_of(const std::string& size) {
  std::istringstream text(size);
  std::size_t number = 0;
  char unit = ' ';
  text >> number >> unit;
  return number * (unit == 'K' ? 1024 : unit == 'M' ? 1024 * 1024 : 1);
}

// CPUs in a list such as "0-3,8,10-11".
std::size_t cpus_in(const std::string& list) {
  std::istringstream text(list);
  std::size_t count = 0;
  for (std::string range; std::getline(text, range, ',');) {
    std::istringstream ends(range);
    std::size_t first = 0, last = 0;
    char dash = ' ';
    if (!(ends >> first)) continue;
    if (!(ends >> dash >> last)) last = first;
    if (last >= first) count += last - first + 1;
  }
  return count;
}

Caches read_caches() {
  Caches caches;
  for (int index = 0; index < 8; ++index) {
    const std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    const std::size_t level = bytes_of(first_line(folder + "level"));
    if (level < 1 || level > kLevels || first_line(folder + "type") == "Instruction") continue;
    caches.level[level] = {bytes_of(first_line(folder + "size")),
                           cpus_in(first_line(folder + "shared_cpu_list"))};
  }
  const auto ask = [&](std::size_t level, int name) {
    const long bytes = caches.level[level].bytes == 0 ? sysconf(name) : 0;
    if (bytes > 0) caches.level[level].bytes = static_cast<std::size_t>(bytes);
  };
#if defined(_SC_LEVEL1_DCACHE_SIZE)  // of glibc
  ask(1, _SC_LEVEL1_DCACHE_SIZE);
  ask(2, _SC_LEVEL2_CACHE_SIZE);
  ask(3, _SC_LEVEL3_CACHE_SIZE);
#else
  static_cast<void>(ask);
#endif
  return caches;
}

#elif defined(__APPLE__)

std::size_t number_named(const char* name) {
  std::int64_t value = 0;
  std::size_t bytes = sizeof value;
  return sysctlbyname(name, &value, &bytes, nullptr, 0) == 0 && value > 0
             ? static_cast<std::size_t>(value)
             : 0;
}

// perflevel0 are the fast cores; Macs with one kind of core have only the other names.
Caches read_caches() {
  const auto either = [](const char* fast, const char* any) {
    const std::size_t value = number_named(fast);
    return value != 0 ? value : number_named(any);
  };
  Caches caches;
  caches.level[1] = {either("hw.perflevel0.l1dcachesize", "hw.l1dcachesize"), 1};
  caches.level[2] = {either("hw.perflevel0.l2cachesize", "hw.l2cachesize"),
                     number_named("hw.perflevel0.cpusperl2")};
  caches.level[3] = {either("hw.perflevel0.l3cachesize", "hw.l3cachesize"),
                     number_named("hw.physicalcpu")};
  return caches;
}

#elif defined(_WIN32)

std::size_t bits_set(ULONG_PTR mask) {
  std::size_t count = 0;
  for (; mask != 0; mask &= mask - 1)
    ++count;
  return count;
}

Caches read_caches() {
  Caches caches;
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> records(
      bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (records.empty() || !GetLogicalProcessorInformation(records.data(), &bytes)) return caches;
  for (const auto& record : records) {
    const bool of_cpu_0 = (record.ProcessorMask & 1) != 0;
    if (record.Relationship != RelationCache || !of_cpu_0) continue;
    const CACHE_DESCRIPTOR& cache = record.Cache;
    if (cache.Level < 1 || cache.Level > kLevels || cache.Type == CacheInstruction) continue;
    caches.level[cache.Level] = {cache.Size, bits_set(record.ProcessorMask)};
  }
  return caches;
}

#else

Caches read_caches() {
  return {};
}

#endif

// Threads of one core share its L1: they don't divide what that core has.
std::size_t share_of_core(const Caches& caches, std::size_t level, std::size_t otherwise) {
  const Cache& cache = caches.level[level];
  if (cache.bytes == 0) return otherwise;
  const std::size_t threads_per_core = std::max<std::size_t>(1, caches.level[1].cpus);
  return cache.bytes / std::max<std::size_t>(1, cache.cpus / threads_per_core);
}

CacheSizes read_sizes() {
  const Caches caches = read_caches();
  return {share_of_core(caches, 1, kDefaultCacheSizes.l1d),
          share_of_core(caches, 2, kDefaultCacheSizes.l2),
          share_of_core(caches, 3, kDefaultCacheSizes.l3)};
}

}  // namespace

const CacheSizes& cache_sizes() {
  static const CacheSizes sizes = read_sizes();
  return sizes;
}

}  // namespace fourfold
