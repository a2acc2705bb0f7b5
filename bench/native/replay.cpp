// Replays a trace (traces/README.md) on the allocator it is linked to, as traces/replay.ts does on ours. Arguments: the trace as text;
// `footprint` to print how much memory it took instead of serving rounds.
#include "allocator.h"
#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct Event {
  char what;
  uint32_t block;
  size_t bytes, alignment;
};

// What the replayer needs itself comes from the kernel: the allocator must have nothing in hand when the trace begins.
template <class Item> static Item *table(size_t count) {
  void *const items = mmap(nullptr, count * sizeof(Item) + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  require(items != MAP_FAILED, "no memory for the trace");
  return static_cast<Item *>(items);
}

static Event *events;
static void **blocks;
static size_t eventCount, blockCount, peakAfter;
static bool writesAll;
// Asking an allocator what it has taken walks its bookkeeping: not after every event.
constexpr size_t LOOK_EVERY = 256;

static void load(const char *path) {
  const int file = open(path, O_RDONLY);
  struct stat status;
  require(file >= 0 && fstat(file, &status) == 0, "cannot open the trace");
  const size_t length = static_cast<size_t>(status.st_size);
  char *const text = table<char>(length);
  for (size_t done = 0; done < length;) {
    const ssize_t got = read(file, text + done, length - done);
    require(got > 0, "cannot read the trace");
    done += static_cast<size_t>(got);
  }
  close(file);
  const char *const head = "ringwell-trace 1\n";
  require(std::strncmp(text, head, std::strlen(head)) == 0, "this is no trace");
  // A line is four bytes or more, and a block left at the end has a line too.
  events = table<Event>(length / 2);
  blocks = table<void *>(length / 4);
  size_t *const sizes = table<size_t>(length / 4);
  bool *const isLive = table<bool>(length / 4);
  size_t live = 0, peak = 0;
  for (char *line = text + std::strlen(head); line < text + length; line = std::strchr(line, '\n') + 1) {
    if (*line == '#' || *line == 't') continue;
    char *word = line + 1;
    Event &event = events[eventCount++];
    event.what = *line;
    event.block = static_cast<uint32_t>(std::strtoul(word, &word, 10));
    if (event.what == 'a') event.alignment = std::strtoul(word, &word, 10);
    if (event.what != 'f') event.bytes = std::strtoul(word, &word, 10);
    if (event.block >= blockCount) blockCount = event.block + 1;
    live += event.bytes - sizes[event.block];
    sizes[event.block] = event.bytes;
    isLive[event.block] = event.what != 'f';
    if (live > peak) peak = live, peakAfter = eventCount;
  }
  // What the program left is freed.
  for (uint32_t block = 0; block < blockCount; block++)
    if (isLive[block]) events[eventCount++] = {'f', block, 0, 0};
}

static void replay(size_t from, size_t until) {
  for (size_t i = from; i < until; i++) {
    const Event &event = events[i];
    void *block = nullptr;
    switch (event.what) {
    case 'm': block = std::malloc(event.bytes); break;
    case 'c': block = std::calloc(1, event.bytes); break;
    // As ours does: to no bytes frees, and here a block of no bytes must stay a block.
    case 'r': block = std::realloc(blocks[event.block], event.bytes ? event.bytes : 1); break;
    case 'a': block = memalign(event.alignment, event.bytes); break;
    case 'f':
      std::free(blocks[event.block]);
      blocks[event.block] = nullptr;
      continue;
    }
    require(block != nullptr, "out of memory");
    if (writesAll) std::memset(block, 1, event.bytes);
    else *static_cast<volatile char *>(block) = static_cast<char>(i);
    blocks[event.block] = block;
  }
}

// What the allocator itself counts as taken: pages with blocks in them, and those that it keeps for blocks of one size. 0: it can't tell.
static size_t reservedBytes() {
#if defined(JEMALLOC)
  uint64_t epoch = 1;
  size_t active = 0, size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
  size = sizeof active;
  mallctl("stats.active", &active, &size, nullptr, 0);
  return active;
#elif defined(TCMALLOC)
  const auto property = [](const char *name) {
    size_t value = 0;
    require(MallocExtension::instance()->GetNumericProperty(name, &value), "tcmalloc does not tell");
    return value;
  };
  return property("generic.heap_size") - property("tcmalloc.pageheap_free_bytes") - property("tcmalloc.pageheap_unmapped_bytes");
#elif defined(MIMALLOC)
  return 0;
#else
  const struct mallinfo2 info = mallinfo2();
  return info.arena + info.hblkhd - info.keepcost;
#endif
}

static size_t residentBytes(const char *which) {
  std::ifstream status("/proc/self/status");
  std::string word;
  size_t kilobytes = 0;
  while (status >> word)
    if (word == which) status >> kilobytes;
  return kilobytes * 1024;
}

int main(int argc, char **argv) {
  const char *const name = allocatorName();
  if (argc < 2) return serveRounds(name, [](unsigned long) {});
  load(argv[1]);
  if (argc > 2) {
    // Memory that is asked for and never touched costs nothing, so every byte is written, and the most that was ever resident counts.
    writesAll = true;
    const size_t before = residentBytes("VmRSS:");
    { std::ofstream("/proc/self/clear_refs") << 5; }
    size_t usable = 0, reserved = 0;
    for (size_t at = 0; at < eventCount;) {
      const size_t until = std::min(eventCount, at < peakAfter ? std::min(at + LOOK_EVERY, peakAfter) : at + LOOK_EVERY);
      replay(at, until);
      at = until;
      reserved = std::max(reserved, reservedBytes());
      if (at == peakAfter)
        for (size_t i = 0; i < blockCount; i++) usable += blocks[i] ? malloc_usable_size(blocks[i]) : 0;
    }
    const size_t resident = residentBytes("VmHWM:") - before;
    std::printf("{\"usableBytes\":%zu,\"reservedBytes\":%zu,\"residentBytes\":%zu}\n", usable, reserved, resident);
    return 0;
  }
  return serveRounds(name, [](unsigned long count) {
    require(count == eventCount, "a trace is replayed whole");
    replay(0, eventCount);
  });
}
