// Concurrency Kit's ck_ring, its variant for many producers and many consumers, with items of 32 bits.
#include "ring-threads.h"
// The header is C: one of its functions returns `false` for a null pointer, which C++ refuses of the keyword and takes of a 0.
#define false 0
#include <ck_ring.h>
#undef false

class ConcurrencyKitRing {
  alignas(128) ck_ring_t ring;
  alignas(128) uint32_t slots[CAPACITY];

public:
  ConcurrencyKitRing() { ck_ring_init(&ring, CAPACITY); }

  // These two calls are what CK_RING_PROTOTYPE expands to; the macro itself does not compile as C++.
  bool enqueue(uint32_t item) { return _ck_ring_enqueue_mp(&ring, slots, &item, sizeof item, nullptr); }
  bool dequeue(uint32_t &item) { return _ck_ring_dequeue_mc(&ring, slots, &item, sizeof item); }
};

int main(int argc, char **argv) { return serveRing<ConcurrencyKitRing>("ck_ring", argc, argv); }
