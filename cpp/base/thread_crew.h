// Worker threads that run one job at a time, each its own share of it: what ThreadPool is made of.
//
// Ownership. A job's parts are dealt out in order over seats: the caller's is number 0, each worker
// has one for life. Who has done its own parts takes over, one by one, those that nobody has begun.
// So part i runs where part i ran last time, and the weights that it reads are in that core's cache;
// but no part waits for a worker that has not come.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "base/spin_wait.h"

namespace fourfold {

// One parallel call. Lives on the caller's stack: the caller leaves only when no worker is inside.
class Job {
 public:
  using Call = void (*)(const void* task, std::size_t part);
  Job(std::size_t parts, Call call, const void* task) : parts_(parts), call_(call), task_(task) {}

  std::size_t parts() const { return parts_; }

  // Any number of threads at once. Of the exceptions that are thrown, one is kept.
  void run(std::size_t part) noexcept;
  void rethrow() const;

 private:
  const std::size_t parts_;
  const Call call_;
  const void* const task_;
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

class ThreadCrew {
 public:
  ThreadCrew();
  ~ThreadCrew();  // only before the first job: workers never end

  // False if another thread has the crew.
  bool reserve() { return !busy_.exchange(true, std::memory_order_acquire); }
  void release() { busy_.store(false, std::memory_order_release); }

  // Runs the job on the caller and at most so many workers. The crew must be reserved.
  void run(Job& job, std::size_t workers);

 private:
  struct Seat;

  void start(std::size_t workers);
  void deal(std::size_t parts, std::size_t seats);
  void wake(std::size_t seats);
  void work(std::size_t own_seat);
  bool take(Seat& seat, std::size_t& part);
  void await_leavers();

  void serve(std::size_t index, Seat& seat);
  std::uint64_t await_job(std::uint64_t seen, std::size_t index, Seat& seat);
  bool enter(std::uint64_t number);
  void leave();

  std::atomic<bool> busy_{false};
  SpinWait spin_until_left_;

  // Written before the gate opens, read by those whom it let in.
  Job* job_ = nullptr;
  std::size_t job_seats_ = 0;
  std::vector<std::unique_ptr<Seat>> seats_;

  alignas(64) std::atomic<std::uint64_t> gate_{0};
  alignas(64) std::atomic<std::size_t> untaken_{0};  // parts that nobody has begun
  alignas(64) std::mutex leave_mutex_;
  std::condition_variable all_left_;
};

}  // namespace fourfold
