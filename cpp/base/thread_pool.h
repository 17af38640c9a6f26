// Fork-join over a few threads. Workers start with the first parallel call, never at import; a
// forked child starts its own. Nothing is allocated once they have started.
#pragma once

#include <atomic>
#include <cstddef>

namespace fourfold {

inline constexpr std::size_t kMaxThreads = 1024;

class ThreadCrew;

class ThreadPool {
 public:
  // The pool of this process. It is never destroyed: its workers may outlive static destruction.
  static ThreadPool& shared();

  // Threads that the next parallel call will use, the caller's own included.
  // Default: thread_budget() (cpu_budget.h).
  std::size_t threads() const { return threads_.load(std::memory_order_relaxed); }

  // 1 to kMaxThreads, else std::invalid_argument. Parallel calls in progress keep what they have.
  void set_threads(std::size_t threads);

  // Calls task(part) once for every part < parts, on the caller and the workers, and returns when
  // all are done. A part is run by the same thread each time that all of them are awake
  // (thread_crew.h). If another thread is using the pool, or the caller is inside a task, or
  // parts == 1, the caller does all the parts itself, in order: results must not depend on who runs
  // a part. An exception from a task reaches the caller once the others have ended.
  // The task is borrowed, not copied.
  template <class Task>
  void run(std::size_t parts, const Task& task) {
    run_borrowed(
        parts,
        [](const void* borrowed, std::size_t part) { (*static_cast<const Task*>(borrowed))(part); },
        &task);
  }

 private:
  using Trampoline = void (*)(const void* task, std::size_t part);

  ThreadPool();
  static void forget_crew();
  static ThreadCrew& crew();
  void run_borrowed(std::size_t parts, Trampoline call, const void* task);

  static std::atomic<ThreadCrew*> crew_;  // made by the first parallel call
  std::atomic<std::size_t> threads_;
};

}  // namespace fourfold
