// A pool of one block: the class brings its own operator new, which answers the same static buffer every time. It allocates
// nothing, checks nothing, and is wrong as soon as two objects live at once. It marks the bottom of the scale.
#include "rounds.h"
#include <cstddef>

static char buffer[4096];

struct Block {
  char bytes[4096];
  // Not inlined: even the simplest pool that is shared by a program's modules costs a call.
  __attribute__((noinline)) static void *operator new(std::size_t) { return buffer; }
  __attribute__((noinline)) static void operator delete(void *block) { asm volatile("" : : "r"(block) : "memory"); }
};

static void pairs(unsigned long count) {
  for (unsigned long i = 0; i < count; i++) {
    Block *const block = new Block;
    *reinterpret_cast<volatile int *>(block->bytes) = static_cast<int>(i);
    asm volatile("" : : "r"(block) : "memory");
    delete block;
  }
}

int main() { return serveRounds("static buffer", pairs); }
