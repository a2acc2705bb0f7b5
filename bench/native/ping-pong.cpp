// One number there and back between two threads that spin, over two words on lines of their own, sequentially consistent.
#include "ring-threads.h"

alignas(128) static std::atomic<uint32_t> there{0};
alignas(128) static std::atomic<uint32_t> back{0};

int main() {
  const bool pinned = std::thread::hardware_concurrency() >= 2;
  return serveRounds("C++ atomics, seq-cst", [pinned](unsigned long count) {
    there = back = 0;
    std::thread pong([&] {
      if (pinned) keepToCore(1);
      for (uint32_t i = 1; i <= count; i++) {
        while (there.load() != i) {
        }
        back.store(i);
      }
    });
    std::thread ping([&] {
      if (pinned) keepToCore(0);
      for (uint32_t i = 1; i <= count; i++) {
        there.store(i);
        while (back.load() != i) {
        }
      }
    });
    ping.join();
    pong.join();
    require(back == count, "a number is lost");
  });
}
