// Waiting a few microseconds without giving the CPU away: waking a sleeping thread takes longer.
#pragma once

#include <algorithm>
#include <chrono>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(_MSC_VER)
#include <intrin.h>
#endif

namespace fourfold {

// Tells the CPU that this is a spin loop.
inline void cpu_relax() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(_MSC_VER)
  __yield();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Long enough to bridge the gap between two layers, short enough to cost an idle process nothing.
inline constexpr std::chrono::microseconds kSpinTime{50};

// The waits of one thread, which spin for as long as spinning is of use. Where more threads can run
// than there are CPUs, the one that is waited for may be waiting for the CPU that the spinning
// takes: then a spin ends in vain, or late, its own thread having lost the CPU meanwhile. Each such
// spin doubles the number of waits after it that do not spin, up to kMostSkipped; one that ends in
// time sets it back to none. So spinning in vain costs less than kSpinTime in kMostSkipped waits,
// and a burst of work after a long pause sleeps through no more waits than that.
//
// Cost: two clock readings (50 ns), and another for every 64 looks (1 to 3 microseconds).
class SpinWait {
 public:
  static constexpr unsigned kMostSkipped = 127;

  // Looks once, then spins until ready(), for kSpinTime at most; returns the last ready().
  template <class Ready>
  bool operator()(const Ready& ready) {
    if (ready()) return true;
    if (skip_ > 0) {
      --skip_;
      return false;
    }
    const auto deadline = Clock::now() + kSpinTime;
    bool is_ready = false;
    do {
      for (int i = 0; i < 64 && !is_ready; ++i) {
        cpu_relax();
        is_ready = ready();
      }
    } while (!is_ready && Clock::now() < deadline);
    learn(is_ready && Clock::now() < deadline);
    return is_ready;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void learn(bool in_time) {
    penalty_ = in_time ? 0 : std::min(2 * penalty_ + 1, kMostSkipped);
    skip_ = penalty_;
  }

  unsigned penalty_ = 0;  // waits not to spin, as of the last spin
  unsigned skip_ = 0;     // how many of them are still to come
};

}  // namespace fourfold
