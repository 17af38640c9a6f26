#include "base/thread_crew.h"

#include <algorithm>
#include <thread>

#include "base/cpu_budget.h"
#include "base/float_environment.h"

namespace fourfold {
namespace {

// Who may join the job:
// [number of the job: 32][open: 1][caller sleeps: 1][most workers: 15][workers inside: 15].
// All in one word, so that a worker that wakes late finds the gate shut, and the caller never waits
// for a worker that has not begun.
constexpr std::uint64_t kOpen = std::uint64_t{1} << 31;
constexpr std::uint64_t kCallerSleeps = std::uint64_t{1} << 30;
constexpr std::uint64_t kInside = 0x7FFF;
constexpr std::uint64_t limit_of(std::uint64_t gate) {
  return gate >> 15 & 0x7FFF;
}
constexpr std::uint64_t number_of(std::uint64_t gate) {
  return gate >> 32;
}

// Where more threads work than there are CPUs, a spinning one keeps a working one waiting.
bool has_room_to_spin(std::uint64_t gate) {
  return limit_of(gate) < thread_budget();
}

}  // namespace

void Job::run(std::size_t part) noexcept {
  try {
    call_(task_, part);
  } catch (...) {
    if (!failed_.exchange(true)) error_ = std::current_exception();
  }
}

void Job::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

// Two cache lines: others look at the first when they have nothing left to do.
struct ThreadCrew::Seat {
  alignas(64) std::atomic<std::size_t> next{0};  // of its parts, the first that nobody has begun
  std::size_t end = 0;

  alignas(64) std::atomic<bool> asleep{false};
  SpinWait spin_until_job;
  std::mutex mutex;
  std::condition_variable woken;
};

ThreadCrew::ThreadCrew() {
  seats_.push_back(std::make_unique<Seat>());
}

ThreadCrew::~ThreadCrew() = default;

void ThreadCrew::run(Job& job, std::size_t workers) {
  start(workers);
  const std::size_t seats = std::min(workers + 1, seats_.size());
  deal(job.parts(), seats);
  job_ = &job;
  const std::uint64_t number = number_of(gate_.load(std::memory_order_relaxed)) + 1;
  gate_.store(number << 32 | kOpen | static_cast<std::uint64_t>(seats - 1) << 15);
  wake(seats);
  work(0);
  await_leavers();
}

// Fewer than asked for is no error where the system grants no more: the others do what is left.
void ThreadCrew::start(std::size_t workers) {
  try {
    while (seats_.size() <= workers) {
      seats_.reserve(seats_.size() + 1);
      auto seat = std::make_unique<Seat>();
      std::thread([this, index = seats_.size(), own = seat.get()] { serve(index, *own); }).detach();
      seats_.push_back(std::move(seat));
    }
  } catch (const std::exception&) {
  }
}

void ThreadCrew::deal(std::size_t parts, std::size_t seats) {
  for (std::size_t i = 0; i < seats; ++i) {
    seats_[i]->next.store(parts * i / seats, std::memory_order_relaxed);
    seats_[i]->end = parts * (i + 1) / seats;
  }
  untaken_.store(parts, std::memory_order_relaxed);
  job_seats_ = seats;
}

// A worker says that it is asleep before it looks at the gate for the last time; the caller opens
// the gate before it looks for sleepers. The four are sequentially consistent, so that one of the
// two sees the other.
void ThreadCrew::wake(std::size_t seats) {
  for (std::size_t i = 1; i < seats; ++i) {
    Seat& seat = *seats_[i];
    if (!seat.asleep.load()) continue;
    {
      const std::lock_guard<std::mutex> lock(seat.mutex);
    }
    seat.woken.notify_one();
  }
}

// Returns when every part has been begun: the thread's own ones first, then whatever is left.
void ThreadCrew::work(std::size_t own_seat) {
  for (std::size_t i = 0; i < job_seats_; ++i) {
    Seat& seat = *seats_[(own_seat + i) % job_seats_];
    std::size_t part = 0;
    while (take(seat, part))
      job_->run(part);
    if (untaken_.load(std::memory_order_relaxed) == 0) return;
  }
}

bool ThreadCrew::take(Seat& seat, std::size_t& part) {
  if (seat.next.load(std::memory_order_relaxed) >= seat.end) return false;
  part = seat.next.fetch_add(1, std::memory_order_relaxed);
  if (part >= seat.end) return false;
  untaken_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

// A worker inside may have lost its CPU: after a short spin the caller sleeps, so as not to hold on
// to the one that the worker needs.
void ThreadCrew::await_leavers() {
  const std::uint64_t gate = gate_.fetch_and(~kOpen, std::memory_order_relaxed);
  const auto all_left = [this] { return (gate_.load(std::memory_order_acquire) & kInside) == 0; };
  if (has_room_to_spin(gate) ? spin_until_left_(all_left) : all_left()) return;
  std::unique_lock<std::mutex> lock(leave_mutex_);
  gate_.fetch_or(kCallerSleeps, std::memory_order_relaxed);
  all_left_.wait(lock, all_left);
}

void ThreadCrew::serve(std::size_t index, Seat& seat) {
  const FloatEnvironment float_environment;
  std::uint64_t seen = 0;
  for (;;) {
    seen = await_job(seen, index, seat);
    if (!enter(seen)) continue;
    work(index);
    leave();
  }
}

// Returns the number of an open job, other than `seen`, that has a seat for this worker. One that
// was woken too late for a job spins again: the next job may be about to come.
std::uint64_t ThreadCrew::await_job(std::uint64_t seen, std::size_t index, Seat& seat) {
  std::uint64_t gate = gate_.load(std::memory_order_relaxed);
  const auto is_new = [&] {
    gate = gate_.load();
    return (gate & kOpen) != 0 && number_of(gate) != seen && index <= limit_of(gate);
  };
  while (!(has_room_to_spin(gate) ? seat.spin_until_job(is_new) : is_new())) {
    std::unique_lock<std::mutex> lock(seat.mutex);
    seat.asleep.store(true);
    if (!is_new()) seat.woken.wait(lock);
    seat.asleep.store(false);
  }
  return number_of(gate);
}

// False if the job is over.
bool ThreadCrew::enter(std::uint64_t number) {
  std::uint64_t gate = gate_.load(std::memory_order_relaxed);
  while (number_of(gate) == number && (gate & kOpen) != 0) {
    if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire)) return true;
  }
  return false;
}

// The crew outlives the job: once the last worker has left the gate it may touch the crew only.
void ThreadCrew::leave() {
  const std::uint64_t gate = gate_.fetch_sub(1, std::memory_order_release);
  if ((gate & kInside) != 1 || (gate & kCallerSleeps) == 0) return;
  const std::lock_guard<std::mutex> lock(leave_mutex_);
  all_left_.notify_one();
}

}  // namespace fourfold
