// A general allocator: new and delete of 4096 bytes. The same program for glibc, tcmalloc, jemalloc and mimalloc; only what it is
// linked to differs, and it makes sure of that before it says `ready`.
#include "rounds.h"
#include <cstdint>
#include <cstring>

#if defined(TCMALLOC)
#include <gperftools/malloc_extension.h>
#include <gperftools/tcmalloc.h>
static void describe(char *name, const void *block) {
  require(MallocExtension::instance()->GetOwnership(block) == MallocExtension::kOwned, "new did not come from tcmalloc");
  int major, minor;
  const char *patch;
  tc_version(&major, &minor, &patch);
  std::sprintf(name, "tcmalloc %d.%d", major, minor);
}
#elif defined(JEMALLOC)
#include <jemalloc/jemalloc.h>
static void describe(char *name, const void *block) {
  const char *version = "";
  size_t size = sizeof version;
  mallctl("version", &version, &size, nullptr, 0);
  uint64_t allocated = 0;
  size = sizeof allocated;
  mallctl("thread.allocated", &allocated, &size, nullptr, 0);
  require(block && allocated >= 4096, "new did not come from jemalloc");
  std::sprintf(name, "jemalloc %.*s", static_cast<int>(std::strcspn(version, "-")), version);
}
#elif defined(MIMALLOC)
#include <mimalloc.h>
static void describe(char *name, const void *block) {
  require(mi_is_in_heap_region(block), "new did not come from mimalloc");
  std::sprintf(name, "mimalloc %d.%d", mi_version() / 100, mi_version() / 10 % 10);
}
#else
#include <gnu/libc-version.h>
static void describe(char *name, const void *) { std::sprintf(name, "glibc %s", gnu_get_libc_version()); }
#endif

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

int main() {
  char name[64];
  Block *const block = new Block;
  asm volatile("" : : "r"(block) : "memory");
  describe(name, block);
  delete block;
  return serveRounds(name, pairs);
}
