// What Python cannot see of the thread pool: who runs which part, and who sleeps. One check per run,
// named by the argument; built and run by test_thread_pool.py.
#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/spin_wait.h"

namespace {

using fourfold::ThreadPool;

void expect(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "expected: %s\n", what);
  std::exit(1);
}

ThreadPool& pool_of(std::size_t threads) {
  ThreadPool::shared().set_threads(threads);
  return ThreadPool::shared();
}

// Runs as many parts as threads; none ends before all have begun, so that each has its thread.
std::vector<pthread_t> owners(ThreadPool& pool, std::size_t parts) {
  std::vector<pthread_t> threads(parts);
  std::atomic<std::size_t> begun{0};
  pool.run(parts, [&](std::size_t part) {
    threads[part] = pthread_self();
    begun.fetch_add(1);
    while (begun.load() < parts)
      std::this_thread::yield();
  });
  return threads;
}

void a_part_stays_with_its_thread() {
  const std::vector<pthread_t> first = owners(pool_of(4), 4);
  expect(pthread_equal(first[0], pthread_self()), "the caller runs part 0");
  for (int round = 0; round < 300; ++round) {
    const std::vector<pthread_t> now = owners(pool_of(4), 4);
    for (std::size_t part = 0; part < 4; ++part)
      expect(pthread_equal(now[part], first[part]), "part i on the thread of part i");
  }
}

std::atomic<bool> holding{false};
std::atomic<bool> hold{true};

void parts_of_an_absent_worker_are_taken_over() {
  signal(SIGUSR1, [](int) {
    holding.store(true);
    while (hold.load()) {
    }
  });
  pthread_kill(owners(pool_of(3), 3)[1], SIGUSR1);
  while (!holding.load()) {
  }
  for (int round = 0; round < 100; ++round) {
    std::vector<int> runs(7);
    pool_of(3).run(7, [&](std::size_t part) { ++runs[part]; });
    expect(runs == std::vector<int>(7, 1), "every part once, without the worker");
  }
  hold.store(false);
}

void the_caller_sleeps_while_a_worker_works() {
  const auto sleeps = [] {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
  };
  const pthread_t caller = pthread_self();
  std::atomic<bool> begun{false};
  const long before = sleeps();
  pool_of(2).run(2, [&](std::size_t) {
    if (pthread_equal(caller, pthread_self())) {
      while (!begun.load())
        std::this_thread::yield();
    } else {
      begun.store(true);
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
  });
  expect(sleeps() > before, "the caller gave up its CPU");
}

void every_part_runs_once() {
  std::vector<std::thread> callers;
  for (std::size_t caller = 0; caller < 3; ++caller) {
    callers.emplace_back([caller] {
      for (std::size_t round = 0; round < 3000; ++round) {
        const std::size_t parts = (round * 7 + caller) % 23;
        std::vector<int> runs(parts);
        pool_of(1 + round % 5).run(parts, [&](std::size_t part) {
          ++runs[part];
          if (part % 3 == 0) std::this_thread::yield();
          ThreadPool::shared().run(2, [](std::size_t) {});  // alone, by the one that is inside
        });
        expect(runs == std::vector<int>(parts, 1), "every part once");
      }
    });
  }
  for (std::thread& caller : callers)
    caller.join();
}

void an_exception_reaches_the_caller_when_all_have_ended() {
  for (std::size_t round = 0; round < 1000; ++round) {
    std::vector<int> runs(6);
    bool caught = false;
    try {
      pool_of(3).run(6, [&](std::size_t part) {
        ++runs[part];
        if (part == round % 6 || part == 5) throw std::runtime_error("part");
      });
    } catch (const std::runtime_error&) {
      caught = true;
    }
    expect(caught && runs == std::vector<int>(6, 1), "an exception, and every part once");
  }
}

// Looks beyond the first are a spin.
bool spins(fourfold::SpinWait& wait) {
  std::size_t looks = 0;
  wait([&] { return ++looks > 1000 * 1000; });
  return looks > 2;
}

void spinning_in_vain_is_given_up_step_by_step() {
  fourfold::SpinWait wait;
  std::size_t skipped = 0;
  for (const std::size_t expected : {0, 1, 3, 7, 15, 31, 63, 127, 127, 127}) {
    for (skipped = 0; !spins(wait);)
      ++skipped;
    expect(skipped == expected, "twice as many waits without a spin");
  }
}

void a_late_spin_counts_as_vain() {
  fourfold::SpinWait wait;
  std::size_t looks = 0;
  wait([&] {
    if (++looks == 2) std::this_thread::sleep_for(10 * fourfold::kSpinTime);
    return looks == 2;
  });
  expect(!spins(wait), "no spin after one that came to an end too late");
}

void a_spin_in_time_is_followed_by_another() {
  fourfold::SpinWait wait;
  bool followed = false;
  for (int attempt = 0; attempt < 1000 && !followed; ++attempt) {  // late where the CPU was lost
    std::size_t looks = 0;
    wait([&] { return ++looks == 2; });
    followed = looks == 2 && spins(wait);
  }
  expect(followed, "a spin after one that was of use");
}

struct Check {
  const char* name;
  void (*run)();
};
#define CHECK(name) {#name, name}
constexpr Check kChecks[] = {
    CHECK(a_part_stays_with_its_thread),
    CHECK(parts_of_an_absent_worker_are_taken_over),
    CHECK(the_caller_sleeps_while_a_worker_works),
    CHECK(every_part_runs_once),
    CHECK(an_exception_reaches_the_caller_when_all_have_ended),
    CHECK(spinning_in_vain_is_given_up_step_by_step),
    CHECK(a_late_spin_counts_as_vain),
    CHECK(a_spin_in_time_is_followed_by_another),
};

}  // namespace

int main(int, char** arguments) {
  for (const Check& check : kChecks) {
    if (std::strcmp(check.name, arguments[1]) != 0) continue;
    check.run();
    return 0;
  }
  return 2;
}
