#include "base/thread_pool.h"

#include <algorithm>

#include "base/check.h"
#include "base/cpu_budget.h"
#include "base/fork_hook.h"
#include "base/thread_crew.h"

namespace fourfold {

ThreadPool::ThreadPool() : threads_(std::min(thread_budget(), kMaxThreads)) {}

std::atomic<ThreadCrew*> ThreadPool::crew_{nullptr};

ThreadPool& ThreadPool::shared() {
  static ThreadPool* const pool = [] {
    repair_after_fork(forget_crew);
    return new ThreadPool;
  }();
  return *pool;
}

// The child has none of the parent's workers, and leaves alone what they were in the middle of.
void ThreadPool::forget_crew() {
  crew_.store(nullptr);
}

ThreadCrew& ThreadPool::crew() {
  ThreadCrew* crew = crew_.load(std::memory_order_acquire);
  if (crew != nullptr) return *crew;
  ThreadCrew* const fresh = new ThreadCrew;
  if (crew_.compare_exchange_strong(crew, fresh, std::memory_order_acq_rel)) return *fresh;
  delete fresh;
  return *crew;
}

void ThreadPool::set_threads(std::size_t threads) {
  if (threads < 1 || threads > kMaxThreads) {
    refuse_value("threads: expected 1 to ", kMaxThreads, ", received ", threads);
  }
  threads_.store(threads, std::memory_order_relaxed);
}

void ThreadPool::run_borrowed(std::size_t parts, Trampoline call, const void* task) {
  if (parts == 1) return call(task, 0);
  Job job(parts, call, task);
  const std::size_t threads = std::min(parts, this->threads());
  if (threads > 1 && crew().reserve()) {
    crew().run(job, threads - 1);
    crew().release();
  } else {
    for (std::size_t part = 0; part < parts; ++part)
      job.run(part);
  }
  job.rethrow();
}

}  // namespace fourfold
