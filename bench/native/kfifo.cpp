// A byte ring as the kernel's kfifo has it: free-running positions, a power of two, at most two copies either way. One thread writes
// a piece and reads it again, through 1 MiB, as bytes/pieces.ts does.
#include "rounds.h"
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

constexpr uint32_t CAPACITY = 1 << 20;

class Fifo {
  alignas(64) std::atomic<uint32_t> in{0};
  alignas(64) std::atomic<uint32_t> out{0};
  std::vector<char> bytes = std::vector<char>(CAPACITY);

public:
  __attribute__((noinline)) uint32_t put(const char *source, uint32_t count) {
    const uint32_t to = in.load(std::memory_order_relaxed);
    count = std::min(count, CAPACITY - (to - out.load(std::memory_order_acquire)));
    const uint32_t at = to & (CAPACITY - 1);
    const uint32_t first = std::min(count, CAPACITY - at);
    std::memcpy(bytes.data() + at, source, first);
    std::memcpy(bytes.data(), source + first, count - first);
    in.store(to + count, std::memory_order_release);
    return count;
  }

  __attribute__((noinline)) uint32_t get(char *target, uint32_t count) {
    const uint32_t from = out.load(std::memory_order_relaxed);
    count = std::min(count, in.load(std::memory_order_acquire) - from);
    const uint32_t at = from & (CAPACITY - 1);
    const uint32_t first = std::min(count, CAPACITY - at);
    std::memcpy(target, bytes.data() + at, first);
    std::memcpy(target + first, bytes.data(), count - first);
    out.store(from + count, std::memory_order_release);
    return count;
  }
};

int main(int argc, char **argv) {
  const uint32_t size = argc > 1 ? std::atoi(argv[1]) : 1024;
  Fifo fifo;
  std::vector<char> source(size), target(size);
  for (uint32_t i = 0; i < size; i++) source[i] = static_cast<char>(i * 7);
  const auto pieces = [&](unsigned long count) {
    unsigned long done = 0;
    for (unsigned long i = 0; i < count; i++) {
      fifo.put(source.data(), size);
      done += fifo.get(target.data(), size);
    }
    require(done == count * size, "a piece is lost");
  };
  pieces(1000);
  require(source == target, "a piece came out other than it went in");
  return serveRounds("C++ kfifo", pieces);
}
