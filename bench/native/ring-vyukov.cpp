// Dmitry Vyukov's bounded queue for many producers and many consumers, every atomic access sequentially consistent: that is the only
// kind JavaScript has, so this is what the same algorithm costs without it.
#include "ring-threads.h"

class VyukovRing {
  struct Slot {
    std::atomic<uint32_t> turn;
    uint32_t item;
  };
  alignas(128) std::atomic<uint32_t> tail{0};
  alignas(128) std::atomic<uint32_t> head{0};
  alignas(128) Slot slots[CAPACITY];

public:
  VyukovRing() {
    for (uint32_t i = 0; i < CAPACITY; i++) slots[i].turn = i;
  }

  bool enqueue(uint32_t item) {
    uint32_t position = tail;
    for (;;) {
      Slot &slot = slots[position % CAPACITY];
      const int32_t ahead = static_cast<int32_t>(slot.turn - position);
      if (ahead < 0) return false;
      if (ahead > 0) {
        position = tail;
      } else if (tail.compare_exchange_weak(position, position + 1)) {
        slot.item = item;
        slot.turn = position + 1;
        return true;
      }
    }
  }

  bool dequeue(uint32_t &item) {
    uint32_t position = head;
    for (;;) {
      Slot &slot = slots[position % CAPACITY];
      const int32_t ahead = static_cast<int32_t>(slot.turn - (position + 1));
      if (ahead < 0) return false;
      if (ahead > 0) {
        position = head;
      } else if (head.compare_exchange_weak(position, position + 1)) {
        item = slot.item;
        slot.turn = position + CAPACITY;
        return true;
      }
    }
  }
};

int main(int argc, char **argv) { return serveRing<VyukovRing>("C++ Vyukov, seq-cst", argc, argv); }
