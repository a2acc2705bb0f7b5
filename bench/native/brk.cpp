// The lowest rung: ask the kernel for a page, touch it, give it back. Two system calls and a page fault for every pair.
#include "rounds.h"
#include <unistd.h>

constexpr long BLOCK_BYTES = 4096;

static void pairs(unsigned long count) {
  char *const base = static_cast<char *>(sbrk(0));
  for (unsigned long i = 0; i < count; i++) {
    require(brk(base + BLOCK_BYTES) == 0, "brk could not raise the break");
    *reinterpret_cast<volatile int *>(base) = static_cast<int>(i);
    require(brk(base) == 0, "brk could not lower the break");
  }
}

int main() { return serveRounds("brk", pairs); }
