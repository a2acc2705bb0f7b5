// Messages of 64 bytes from producers to one consumer, by the protocol of `MessageRing` (src/core/frame.core.ts), without its checks,
// seats and recovery; or, with `agrona` as the third argument, by the one it comes from: one word of position that producers move
// on by compare-and-exchange, and a header before each message whose length is published last. Every atomic access is
// sequentially consistent: that is the only kind JavaScript has.
#include "ring-threads.h"

constexpr uint32_t BYTES = 64;
/** As many bytes of payload as there. */
constexpr uint32_t UNITS = 4096;
constexpr uint32_t UNIT_BITS = 12;

class FrameRing {
  enum State : uint32_t { CLAIMED = 1, FULL = 2, STATES = 7 };
  static constexpr uint32_t LENGTH_SHIFT = 11;
  struct Record {
    std::atomic<uint32_t> word[2];
    uint32_t bytes, type;
  };
  alignas(64) std::atomic<uint32_t> closed{0};
  alignas(64) std::atomic<uint32_t> head{0};
  alignas(64) std::atomic<uint32_t> hint{0};
  alignas(64) std::atomic<uint32_t> messageWaiters{0};
  alignas(64) std::atomic<uint32_t> roomWaiters{0};
  alignas(64) Record records[UNITS];
  alignas(64) uint8_t payload[UNITS * BYTES];

  static uint32_t empty(uint32_t position) { return position >> UNIT_BITS << 3; }

public:
  /** What a thread keeps to itself. */
  struct Own {
    uint32_t head = 0;
  };

  FrameRing() {
    for (auto &record : records) record.word[0] = record.word[1] = 0;
    for (uint32_t i = 0; i < UNITS; i++) records[i].word[1] = 8;
  }

  bool send(Own &own, const uint8_t *source, uint32_t type) {
    if (closed.load(std::memory_order_relaxed) != 0) return false;
    uint32_t tail = hint.load(std::memory_order_relaxed);
    for (;;) {
      if (tail - own.head > UNITS - 1) {
        const uint32_t seen = head;
        if (seen == own.head && tail - seen <= UNITS) return false;
        own.head = seen;
        if (tail - seen > UNITS) tail = nearest(seen);
        continue;
      }
      Record &record = records[tail % UNITS];
      auto &word = record.word[tail >> UNIT_BITS & 1];
      uint32_t found = word;
      const uint32_t claimed = 1 << LENGTH_SHIFT | CLAIMED;
      if (found == empty(tail)) {
        if (!word.compare_exchange_strong(found, claimed)) continue;
        hint.store(tail + 1, std::memory_order_relaxed);
        record.bytes = BYTES;
        record.type = type;
        if (closed != 0) return false;
        std::memcpy(payload + tail % UNITS * BYTES, source, BYTES);
        uint32_t expected = claimed;
        require(word.compare_exchange_strong(expected, 1 << LENGTH_SHIFT | FULL), "a claim was lost");
        require(messageWaiters == 0, "nobody waits here");
        return true;
      }
      own.head = head;
      if (static_cast<int32_t>(tail - own.head) < 0) tail = nearest(own.head);
      else tail += found >> LENGTH_SHIFT;
    }
  }

  template <class Handler> uint32_t receive(Own &own, Handler handler, uint32_t limit) {
    uint32_t count = 0;
    for (; count < limit; count++) {
      const uint32_t at = own.head % UNITS;
      Record &record = records[at];
      const uint32_t word = record.word[own.head >> UNIT_BITS & 1];
      if ((word & STATES) != FULL) break;
      handler(payload + at * BYTES, record.bytes, record.type);
      const uint32_t next = own.head + UNITS;
      record.word[next >> UNIT_BITS & 1].store(empty(next), std::memory_order_relaxed);
      head = ++own.head;
      require(roomWaiters == 0, "nobody waits here");
    }
    return count;
  }

private:
  uint32_t nearest(uint32_t head) {
    const uint32_t tail = hint.load(std::memory_order_relaxed);
    return tail - head <= UNITS ? tail : head;
  }
};

/** Agrona's many-to-one ring: header of 8 bytes, messages aligned to 8; the consumer zeroes what it has read, and moves head once a call. */
class AgronaRing {
  static constexpr uint32_t RECORD = BYTES + 8;
  static constexpr uint32_t CAPACITY = UNITS * BYTES;
  alignas(128) std::atomic<uint64_t> tail{0};
  alignas(128) std::atomic<uint64_t> headSeen{0};
  alignas(128) std::atomic<uint64_t> head{0};
  alignas(128) uint8_t buffer[CAPACITY] = {};

  std::atomic<int32_t> &length(uint32_t at) { return *reinterpret_cast<std::atomic<int32_t> *>(buffer + at); }
  static int64_t room(uint64_t tail, uint64_t head) { return CAPACITY - static_cast<int64_t>(tail - head); }
  int32_t &type(uint32_t at) { return *reinterpret_cast<int32_t *>(buffer + at + 4); }

public:
  struct Own {};

  bool send(Own &, const uint8_t *source, uint32_t messageType) {
    uint64_t position, before = headSeen;
    uint32_t at, padding;
    position = tail;
    do {
      at = position % CAPACITY;
      padding = CAPACITY - at < RECORD ? CAPACITY - at : 0;
      // Signed: another may have written an older head over a newer one.
      if (room(position, before) < static_cast<int64_t>(RECORD + padding)) {
        before = head;
        if (room(position, before) < static_cast<int64_t>(RECORD + padding)) return false;
        headSeen = before;
      }
    } while (!tail.compare_exchange_strong(position, position + RECORD + padding));
    if (padding != 0) {
      type(at) = -1;
      length(at) = static_cast<int32_t>(padding);
      at = 0;
    }
    length(at) = -static_cast<int32_t>(RECORD);
    std::memcpy(buffer + at + 8, source, BYTES);
    type(at) = static_cast<int32_t>(messageType);
    length(at) = static_cast<int32_t>(RECORD);
    return true;
  }

  template <class Handler> uint32_t receive(Own &, Handler handler, uint32_t limit) {
    const uint64_t from = head;
    const uint32_t at = from % CAPACITY;
    uint32_t read = 0, count = 0;
    while (count < limit && at + read < CAPACITY) {
      const int32_t bytes = length(at + read);
      if (bytes <= 0) break;
      const uint32_t message = at + read;
      read += bytes;
      if (type(message) == -1) continue;
      handler(buffer + message + 8, bytes - 8, type(message));
      count++;
    }
    if (read != 0) {
      std::memset(buffer + at, 0, read);
      head = from + read;
    }
    return count;
  }
};

template <class Ring> int serveMessages(const char *name, uint32_t producers) {
  static Ring ring;
  // Each thread of a round goes on with what the one before it knew.
  static std::vector<typename Ring::Own> owns(producers + 1);
  return serveRounds(name, [producers](unsigned long count) {
    const uint32_t share = count / producers;
    std::atomic<uint64_t> put{0}, taken{0};
    std::vector<std::thread> threads;
    for (uint32_t p = 0; p < producers; p++) {
      threads.emplace_back([&, p] {
        uint32_t message[BYTES / 4] = {};
        uint64_t sum = 0;
        for (uint32_t i = 0; i < share; i++) {
          message[0] = message[BYTES / 4 - 1] = i * producers + p + 1;
          while (!ring.send(owns[p], reinterpret_cast<uint8_t *>(message), p)) backOff();
          sum += message[0];
        }
        put += sum;
      });
    }
    threads.emplace_back([&] {
      uint64_t sum = 0;
      const auto handler = [&](const uint8_t *bytes, uint32_t length, uint32_t type) {
        uint32_t first, last;
        std::memcpy(&first, bytes, 4);
        std::memcpy(&last, bytes + length - 4, 4);
        require(first == last && type < producers, "a message is torn");
        sum += first;
      };
      for (uint32_t done = 0; done < share * producers;) {
        const uint32_t more = ring.receive(owns[producers], handler, UNITS);
        if (more == 0) backOff();
        done += more;
      }
      taken = sum;
    });
    for (auto &thread : threads) thread.join();
    require(put == taken, "the ring lost or doubled a message");
  });
}

int main(int argc, char **argv) {
  const uint32_t producers = argc > 1 ? std::atoi(argv[1]) : 2;
  yields = argc > 2 && std::strcmp(argv[2], "yields") == 0;
  if (argc > 3 && std::strcmp(argv[3], "agrona") == 0) return serveMessages<AgronaRing>("C++ Agrona, seq-cst", producers);
  return serveMessages<FrameRing>("C++, same protocol", producers);
}
