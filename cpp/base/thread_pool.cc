#include "base/thread_pool.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

#include "base/check.h"
#include "base/cpu_budget.h"
#include "base/float_environment.h"
#include "base/fork_hook.h"
#include "base/spin_wait.h"

namespace fourfold {
namespace {

// One parallel call. Lives on the caller's stack: the caller leaves only when no worker is inside.
class Job {
 public:
  using Call = void (*)(const void* task, std::size_t part);
  Job(std::size_t parts, Call call, const void* task) : call_(call), task_(task), parts_(parts) {}

  // Takes parts until none is left; any number of threads at once.
  void work() noexcept {
    for (;;) {
      const std::size_t part = next_part_.fetch_add(1, std::memory_order_relaxed);
      if (part >= parts_) return;
      try {
        call_(task_, part);
      } catch (...) {
        if (!failed_.exchange(true)) error_ = std::current_exception();
      }
    }
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Call call_;
  const void* const task_;
  const std::size_t parts_;
  std::atomic<std::size_t> next_part_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

// Who may join the job: [number of the job: 32][open: 1][most workers: 15][workers inside: 16]. All
// in one word, so that a worker that wakes late finds the gate shut, and the caller never waits for
// a worker that has not begun.
constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
constexpr std::uint64_t kInside = 0xFFFF;
constexpr std::uint64_t limit_of(std::uint64_t gate) {
  return gate >> 16 & 0x7FFF;
}
constexpr std::uint64_t number_of(std::uint64_t gate) {
  return gate >> 32;
}

static_assert(kMaxThreads < 0x7FFF, "the gate counts workers in 15 bits");

}  // namespace

// The worker threads, and the one job that they may be working on.
class ThreadPool::Crew {
 public:
  // False if another thread has the crew.
  bool reserve() { return !busy_.exchange(true, std::memory_order_acquire); }
  void release() { busy_.store(false, std::memory_order_release); }

  // Runs the job on the caller and at most so many workers. The crew must be reserved.
  void run(Job& job, std::size_t workers) {
    start(workers);
    job_ = &job;
    const std::uint64_t number = number_of(gate_.load(std::memory_order_relaxed)) + 1;
    gate_.store(number << 32 | kOpen | static_cast<std::uint64_t>(workers) << 16);
    wake(workers);
    job.work();
    gate_.fetch_and(~kOpen, std::memory_order_relaxed);
    const auto all_left = [this] { return (gate_.load(std::memory_order_acquire) & kInside) == 0; };
    if (spin_until(all_left)) return;
    while (!all_left())
      std::this_thread::yield();
  }

 private:
  // Fewer than asked for is no error where the system grants no more: the caller does what is left.
  void start(std::size_t workers) {
    try {
      for (; started_ < workers; ++started_)
        std::thread([this] { serve(); }).detach();
    } catch (const std::exception&) {
    }
  }

  // A worker counts itself as asleep before it looks at the gate for the last time; the caller
  // opens the gate before it looks for sleepers. The four are sequentially consistent, so that one
  // of the two sees the other.
  void wake(std::size_t workers) {
    const std::size_t asleep = asleep_.load();
    if (asleep == 0) return;
    {
      const std::lock_guard<std::mutex> lock(sleep_mutex_);
    }
    for (std::size_t i = 0; i < std::min(asleep, workers); ++i)
      wake_.notify_one();
  }

  void serve() {
    const FloatEnvironment float_environment;
    std::uint64_t seen = 0;
    for (;;) {
      seen = await_job(seen);
      if (!enter(seen)) continue;
      job_->work();
      gate_.fetch_sub(1, std::memory_order_release);
    }
  }

  // Returns the number of an open job other than `seen`.
  std::uint64_t await_job(std::uint64_t seen) {
    std::uint64_t gate = 0;
    const auto is_new = [&] {
      gate = gate_.load();
      return (gate & kOpen) != 0 && number_of(gate) != seen;
    };
    if (!spin_until(is_new)) {
      std::unique_lock<std::mutex> lock(sleep_mutex_);
      asleep_.fetch_add(1);
      wake_.wait(lock, is_new);
      asleep_.fetch_sub(1);
    }
    return number_of(gate);
  }

  // False if the job is over, or has all the workers that it may have.
  bool enter(std::uint64_t number) {
    std::uint64_t gate = gate_.load(std::memory_order_relaxed);
    while (number_of(gate) == number && (gate & kOpen) != 0 && (gate & kInside) < limit_of(gate)) {
      if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire)) return true;
    }
    return false;
  }

  std::atomic<bool> busy_{false};
  Job* job_ = nullptr;  // read by those whom the gate let in
  std::size_t started_ = 0;
  alignas(64) std::atomic<std::uint64_t> gate_{0};
  alignas(64) std::atomic<std::size_t> asleep_{0};
  std::mutex sleep_mutex_;
  std::condition_variable wake_;
};

ThreadPool::ThreadPool() : threads_(std::min(thread_budget(), kMaxThreads)) {}

std::atomic<ThreadPool::Crew*> ThreadPool::crew_{nullptr};

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

ThreadPool::Crew& ThreadPool::crew() {
  Crew* crew = crew_.load(std::memory_order_acquire);
  if (crew != nullptr) return *crew;
  Crew* const fresh = new Crew;
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
  const std::size_t workers = std::min(parts, threads()) - (parts > 0 ? 1 : 0);
  if (workers > 0 && crew().reserve()) {
    crew().run(job, workers);
    crew().release();
  } else {
    job.work();
  }
  job.rethrow();
}

}  // namespace fourfold
