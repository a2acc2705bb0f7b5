// boost::pool: segregated storage of blocks of one size. It checks nothing, and one thread may use it.
#include "rounds.h"
#include <boost/pool/pool.hpp>

static boost::pool<> blocks(4096);

static void pairs(unsigned long count) {
  for (unsigned long i = 0; i < count; i++) {
    void *const block = blocks.malloc();
    *static_cast<volatile int *>(block) = static_cast<int>(i);
    asm volatile("" : : "r"(block) : "memory");
    blocks.free(block);
  }
}

int main() {
  void *const one = blocks.malloc();
  require(one != blocks.malloc(), "one block is handed out twice");
  blocks.free(one);
  return serveRounds("boost::pool", pairs);
}
