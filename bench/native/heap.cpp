// malloc and free in the shapes of heap/work.ts: what is done to the heap in JavaScript there is done here in C++, with the same
// sizes in the same order. The first argument is the shape, the second its number.
#include "allocator.h"
#include <atomic>
#include <sched.h>
#include <thread>
#include <vector>

constexpr uint32_t SLOTS = 4096;

struct Random {
  uint32_t state;
  uint32_t next() {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
  }
};

static void *allocate(uint32_t bytes, uint32_t word) {
  void *const block = std::malloc(bytes);
  *static_cast<volatile uint8_t *>(block) = static_cast<uint8_t>(word);
  return block;
}

// Sizes from 1 to 8000, most of them small: a number from 0 to 1, to the power of four.
static void skewedSizes(uint32_t *sizes) {
  Random random{0x9e3779b9};
  for (uint32_t i = 0; i < SLOTS; i++) {
    const double part = random.next() / 4294967296.0;
    sizes[i] = static_cast<uint32_t>(part * part * part * part * 8000) + 1;
  }
}

static void replaceSkewed(unsigned long count, const uint32_t *sizes, std::vector<void *> &slots) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t slot = (i * 2654435761u) >> 20;
    std::free(slots[slot]);
    slots[slot] = allocate(sizes[(i + slot) & (SLOTS - 1)], i);
  }
}

static void pairs(unsigned long count) {
  for (uint32_t i = 0; i < count; i++) {
    void *const block = allocate(4096, i);
    asm volatile("" : : "r"(block) : "memory");
    std::free(block);
  }
}

static void replaceSmall(unsigned long count, Random &random, std::vector<void *> &slots) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t number = random.next();
    const uint32_t slot = number & (slots.size() - 1);
    std::free(slots[slot]);
    slots[slot] = allocate(8 + (number >> 26), i);
  }
}

// One thread allocates 16 to 1015 bytes, another frees. The ring between them is published every 32 blocks.
struct Pipe {
  alignas(128) std::atomic<uint32_t> tail{0};
  alignas(128) std::atomic<uint32_t> head{0};
  alignas(128) void *blocks[SLOTS];
};

static void produce(Pipe &pipe, unsigned long count, Random &random) {
  uint32_t tail = pipe.tail, head = pipe.head;
  for (uint32_t i = 0; i < count; i++) {
    while (tail - head == SLOTS) {
      head = pipe.head;
      if (tail - head == SLOTS) sched_yield();
    }
    pipe.blocks[tail++ % SLOTS] = allocate(16 + (random.next() >> 8) % 1000, i);
    if (tail % 32 == 0) pipe.tail = tail;
  }
}

static void consume(Pipe &pipe, unsigned long count) {
  uint32_t head = pipe.head, tail = head;
  for (uint32_t i = 0; i < count; i++) {
    while (head == tail) {
      tail = pipe.tail;
      if (head == tail) sched_yield();
    }
    std::free(pipe.blocks[head++ % SLOTS]);
    if (head % 32 == 0) pipe.head = head;
  }
}

// Larson and Krishnan's server: every thread replaces blocks of 8 to 1007 bytes in a set of 1000, and hands the set on.
constexpr uint32_t SET = 1000, STAY = 10000;

struct Barrier {
  alignas(128) std::atomic<uint32_t> arrived{0};
  void pass(uint32_t threads) {
    const uint32_t wanted = (arrived.fetch_add(1) / threads + 1) * threads;
    while (arrived < wanted) sched_yield();
  }
};

static void larson(unsigned long count, uint32_t index, uint32_t threads, Random &random, std::vector<void *> *sets, Barrier &barrier) {
  for (uint32_t stay = 0; stay * STAY < count; stay++) {
    std::vector<void *> &set = sets[(index + stay) % threads];
    for (uint32_t i = 0; i < STAY; i++) {
      const uint32_t number = random.next();
      const uint32_t slot = (number >> 8) % SET;
      std::free(set[slot]);
      set[slot] = allocate(8 + (number >> 12) % 1000, i);
    }
    barrier.pass(threads);
  }
}

template <class Work> static void onThreads(uint32_t threads, Work work) {
  std::vector<std::thread> crew;
  for (uint32_t i = 0; i < threads; i++) crew.emplace_back(work, i);
  for (auto &thread : crew) thread.join();
}

int main(int argc, char **argv) {
  const char *const shape = argc > 1 ? argv[1] : "pair";
  const uint32_t number = argc > 2 ? std::atoi(argv[2]) : 1;
  const char *const name = allocatorName();
  const auto is = [shape](const char *other) { return std::strcmp(shape, other) == 0; };
  static uint32_t sizes[SLOTS];
  skewedSizes(sizes);
  static std::vector<void *> sets[64];
  static Random randoms[64];
  for (uint32_t i = 0; i < 64; i++) randoms[i].state = 0x9e3779b9 + i;
  if (is("pair")) return serveRounds(name, pairs);
  if (is("replace")) {
    for (uint32_t i = 0; i < number; i++) sets[i].resize(SLOTS);
    if (number == 1) return serveRounds(name, [](unsigned long count) { replaceSkewed(count, sizes, sets[0]); });
    return serveRounds(name, [number](unsigned long count) {
      onThreads(number, [=](uint32_t i) { replaceSkewed(count / number, sizes, sets[i]); });
    });
  }
  if (is("blocks")) {
    sets[0].resize(number);
    replaceSmall(16ul * number, randoms[0], sets[0]);
    return serveRounds(name, [](unsigned long count) { replaceSmall(count, randoms[0], sets[0]); });
  }
  if (is("pipe")) {
    static Pipe pipe;
    return serveRounds(name, [](unsigned long count) {
      onThreads(2, [=](uint32_t i) { i == 0 ? produce(pipe, count, randoms[0]) : consume(pipe, count); });
      require(pipe.head == pipe.tail, "a block was lost");
    });
  }
  require(is("larson"), "no such shape");
  for (uint32_t i = 0; i < number; i++) sets[i].resize(SET);
  static Barrier barrier;
  return serveRounds(name, [number](unsigned long count) {
    onThreads(number, [=](uint32_t i) { larson(count / number, i, number, randoms[i], sets, barrier); });
  });
}
