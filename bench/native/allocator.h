// Which allocator a program is linked to, and proof of it: the same source serves glibc, tcmalloc, jemalloc and mimalloc.
#pragma once
#include "rounds.h"
#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(TCMALLOC)
#include <gperftools/malloc_extension.h>
#include <gperftools/tcmalloc.h>
inline void describe(char *name, const void *block) {
  require(MallocExtension::instance()->GetOwnership(block) == MallocExtension::kOwned, "blocks do not come from tcmalloc");
  int major, minor;
  const char *patch;
  tc_version(&major, &minor, &patch);
  std::sprintf(name, "tcmalloc %d.%d", major, minor);
}
#elif defined(JEMALLOC)
#include <jemalloc/jemalloc.h>
inline void describe(char *name, const void *block) {
  const char *version = "";
  size_t size = sizeof version;
  mallctl("version", &version, &size, nullptr, 0);
  uint64_t allocated = 0;
  size = sizeof allocated;
  mallctl("thread.allocated", &allocated, &size, nullptr, 0);
  require(block && allocated >= 4096, "blocks do not come from jemalloc");
  std::sprintf(name, "jemalloc %.*s", static_cast<int>(std::strcspn(version, "-")), version);
}
#elif defined(MIMALLOC)
#include <mimalloc.h>
inline void describe(char *name, const void *block) {
  require(mi_is_in_heap_region(block), "blocks do not come from mimalloc");
  std::sprintf(name, "mimalloc %d.%d", mi_version() / 100, mi_version() / 10 % 10);
}
#else
#include <gnu/libc-version.h>
inline void describe(char *name, const void *) { std::sprintf(name, "glibc %s", gnu_get_libc_version()); }
#endif

// The allocator's name and version, after making sure that blocks come from it.
inline const char *allocatorName() {
  static char name[64];
  void *const block = std::malloc(4096);
  asm volatile("" : : "r"(block) : "memory");
  describe(name, block);
  std::free(block);
  return name;
}
