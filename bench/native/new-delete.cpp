// A general allocator: new and delete of 4096 bytes. The same program for glibc, tcmalloc, jemalloc and mimalloc; only what it is
// linked to differs, and it makes sure of that before it says `ready`.
#include "allocator.h"

struct Block {
  char bytes[4096];
};

static void pairs(unsigned long count) {
  for (unsigned long i = 0; i < count; i++) {
    Block *const block = new Block;
    // Volatile, and out of the compiler's sight: otherwise it may see that nobody reads the block and leave the pair out.
    *reinterpret_cast<volatile int *>(block->bytes) = static_cast<int>(i);
    asm volatile("" : : "r"(block) : "memory");
    delete block;
  }
}

int main() { return serveRounds(allocatorName(), pairs); }
