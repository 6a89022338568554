// SPDX-License-Identifier: Apache-2.0
// The worker knows nothing of Python; all calls of Python are made by the thread that called.
#include "python/background.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "types/util/cancellation.h"

namespace nb = nanobind;

namespace systoliq::python {
namespace {

constexpr std::chrono::milliseconds kSignalPeriod{50};

struct Step {
  std::int64_t done = 0, total = 0;
};

/// One piece of work and its thread, which has ended when the object is gone.
class Worker final {
 public:
  explicit Worker(const std::function<void(const tb::Progress&)>& work) : thread_([this, &work] { run(work); }) {}
  ~Worker() {
    canceled_ = true;
    const nb::gil_scoped_release released;
    thread_.join();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Waits for progress, the end or a moment; false at the end. `steps` gets what was reached since the last call.
  bool wait(std::vector<Step>* steps) {
    const nb::gil_scoped_release released;
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kSignalPeriod, [this] { return ended_ || !steps_.empty(); });
    steps->clear();
    steps->swap(steps_);
    return !ended_;
  }

  /// After the end.
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void run(const std::function<void(const tb::Progress&)>& work) {
    const CancellationScope scope(canceled_);
    try {
      work([this](std::int64_t done, std::int64_t total) {
        const std::lock_guard<std::mutex> lock(mutex_);
        steps_.push_back({done, total});
        changed_.notify_one();
      });
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_one();
  }

  std::atomic<bool> canceled_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Step> steps_;
  bool ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  ///< last, since it uses the others
};

}  // namespace

void run_in_background(const std::function<void(const tb::Progress&)>& work, const nb::object& callback) {
  Worker worker(work);
  std::vector<Step> steps;
  for (bool running = true; running;) {
    running = worker.wait(&steps);
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    for (const Step& step : steps) {
      if (!callback.is_none()) callback(step.done, step.total);
    }
  }
  worker.rethrow();
}

}  // namespace systoliq::python
