// A round of a ring: k producers put the numbers 1, 2, 3 ... and k consumers take them; all of them, once each, or the round fails.
#pragma once
#include "rounds.h"
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

constexpr uint32_t CAPACITY = 4096;

// A thread that finds the ring full or empty sleeps for 10 us (the kernel makes about 60 us of it) and looks again. The contenders in
// JavaScript do just the same with Atomics.wait, their only way to let another thread run. Sleepers take turns: the ring fills while
// one sleeps and empties while the other does, and the two seldom meet.
//
// With `yields` as the second argument a thread looks again at once and gives its core away only where another wants it: what a
// program in C++ might rather do. Then the two do meet, at every item; each has a core of its own, if there are enough.
inline bool yields = false;

inline void backOff() {
  if (yields) {
    sched_yield();
    return;
  }
  const timespec pause = {0, 10000};
  nanosleep(&pause, nullptr);
}

// Two threads that yield to each other on one core would measure the scheduler.
inline void keepToCore(uint32_t index) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(index, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
}

template <class Ring> uint64_t produce(Ring &ring, uint32_t first, uint32_t step, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t item = first + i * step;
    while (!ring.enqueue(item)) backOff();
    sum += item;
  }
  return sum;
}

template <class Ring> uint64_t consume(Ring &ring, uint32_t count) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t item;
    while (!ring.dequeue(item)) backOff();
    sum += item;
  }
  return sum;
}

// Serves rounds with as many producers, and as many consumers, as the first argument says. The threads of a round are started in it:
// that costs less than a thousandth of it.
template <class Ring> int serveRing(const char *name, int argc, char **argv) {
  const uint32_t k = argc > 1 ? std::atoi(argv[1]) : 1;
  yields = argc > 2 && std::strcmp(argv[2], "yields") == 0;
  const bool pinned = yields && 2 * k <= std::thread::hardware_concurrency();
  static Ring ring;
  return serveRounds(name, [k, pinned](unsigned long count) {
    const uint32_t share = count / k;
    std::atomic<uint64_t> put{0}, taken{0};
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < k; i++) {
      threads.emplace_back([&, i] {
        if (pinned) keepToCore(2 * i);
        put += produce(ring, i + 1, k, share);
      });
      threads.emplace_back([&, i] {
        if (pinned) keepToCore(2 * i + 1);
        taken += consume(ring, share);
      });
    }
    for (auto &thread : threads) thread.join();
    require(put == taken, "the ring lost or doubled an item");
  });
}
