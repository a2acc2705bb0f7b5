// A round of a ring: k producers put the numbers 1, 2, 3 ... and k consumers take them; all of them, once each, or the round fails.
#pragma once
#include "rounds.h"
#include <atomic>
#include <cstdint>
#include <ctime>
#include <thread>
#include <vector>

constexpr uint32_t CAPACITY = 4096;

// A thread that finds the ring full or empty sleeps for 10 us (the kernel makes about 60 us of it) and looks again. The contenders in
// JavaScript do just the same with Atomics.wait, their only way to let another thread run.
inline void backOff() {
  const timespec pause = {0, 10000};
  nanosleep(&pause, nullptr);
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
  static Ring ring;
  return serveRounds(name, [k](unsigned long count) {
    const uint32_t share = count / k;
    std::atomic<uint64_t> put{0}, taken{0};
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < k; i++) {
      threads.emplace_back([&, i] { put += produce(ring, i + 1, k, share); });
      threads.emplace_back([&] { taken += consume(ring, share); });
    }
    for (auto &thread : threads) thread.join();
    require(put == taken, "the ring lost or doubled an item");
  });
}
