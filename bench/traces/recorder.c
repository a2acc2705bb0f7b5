// A shim for LD_PRELOAD that writes down what a program asks of malloc, one line a call, with addresses and thread ids:
//
//   m THREAD ADDRESS BYTES      c THREAD ADDRESS BYTES      a THREAD ADDRESS ALIGNMENT BYTES
//   r THREAD OLD ADDRESS BYTES  f THREAD ADDRESS
//
// `record.ts` makes a trace of it. RINGWELL_TRACE names the file; the process's id is appended, since a program may start others.
// One lock is held over the call and its line, so the lines stand in the order in which things happened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_memalign)(size_t, size_t);
static void (*real_free)(void *);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char lines[1 << 16];
static size_t used;
static int file = -1;
static __thread int busy;

// dlsym itself may allocate while the real functions are being looked up.
static char early[1 << 14];
static size_t early_used;
static int is_early(const void *block) { return (const char *)block >= early && (const char *)block < early + sizeof early; }
static void *early_alloc(size_t bytes) {
  void *const block = early + early_used;
  early_used += (bytes + 15) & ~(size_t)15;
  return early_used <= sizeof early ? block : NULL;
}

static void flush(void) {
  for (size_t done = 0; file >= 0 && done < used;) {
    const ssize_t wrote = write(file, lines + done, used - done);
    if (wrote <= 0) break;
    done += (size_t)wrote;
  }
  used = 0;
}

// A forked child would write what its parent has written; what it executes is recorded anew.
static void forget(void) {
  file = -1;
  used = 0;
}

__attribute__((constructor)) static void begin(void) {
  if (real_malloc) return;
  busy = 1;
  real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
  real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
  real_memalign = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "memalign");
  real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
  real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
  char path[4096];
  const char *const name = getenv("RINGWELL_TRACE");
  if (name) {
    snprintf(path, sizeof path, "%s.%d", name, (int)getpid());
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  pthread_atfork(NULL, NULL, forget);
  busy = 0;
}

__attribute__((destructor)) static void end(void) {
  pthread_mutex_lock(&lock);
  flush();
  pthread_mutex_unlock(&lock);
}

#define TELL(...)                                                                                                                 \
  do {                                                                                                                            \
    if (file >= 0) {                                                                                                              \
      if (used > sizeof lines - 128) flush();                                                                                     \
      used += (size_t)snprintf(lines + used, 128, __VA_ARGS__);                                                                   \
    }                                                                                                                             \
  } while (0)

static long thread(void) { return syscall(SYS_gettid); }

static void enter(void) {
  busy = 1;
  pthread_mutex_lock(&lock);
}
static void leave(void) {
  pthread_mutex_unlock(&lock);
  busy = 0;
}

void *malloc(size_t bytes) {
  if (!real_malloc) {
    if (busy) return early_alloc(bytes);
    begin();
  }
  if (busy) return real_malloc(bytes);
  enter();
  void *const block = real_malloc(bytes);
  if (block) TELL("m %ld %lx %zu\n", thread(), (unsigned long)block, bytes);
  leave();
  return block;
}

void *calloc(size_t count, size_t bytes) {
  if (!real_malloc) {
    if (busy) return early_alloc(count * bytes);
    begin();
  }
  if (busy) return real_calloc(count, bytes);
  enter();
  void *const block = real_calloc(count, bytes);
  if (block) TELL("c %ld %lx %zu\n", thread(), (unsigned long)block, count * bytes);
  leave();
  return block;
}

void *realloc(void *old, size_t bytes) {
  if (!real_malloc) begin();
  if (is_early(old)) {
    void *const block = malloc(bytes);
    if (block) memcpy(block, old, bytes < 4096 ? bytes : 4096);
    return block;
  }
  if (busy) return real_realloc(old, bytes);
  enter();
  void *const block = real_realloc(old, bytes);
  if (block) TELL("r %ld %lx %lx %zu\n", thread(), (unsigned long)old, (unsigned long)block, bytes);
  else if (old && bytes == 0) TELL("f %ld %lx\n", thread(), (unsigned long)old);
  leave();
  return block;
}

void *memalign(size_t alignment, size_t bytes) {
  if (!real_malloc) begin();
  if (busy) return real_memalign(alignment, bytes);
  enter();
  void *const block = real_memalign(alignment, bytes);
  if (block) TELL("a %ld %lx %zu %zu\n", thread(), (unsigned long)block, alignment, bytes);
  leave();
  return block;
}

void *aligned_alloc(size_t alignment, size_t bytes) { return memalign(alignment, bytes); }

int posix_memalign(void **block, size_t alignment, size_t bytes) {
  *block = memalign(alignment, bytes);
  return *block ? 0 : ENOMEM;
}

void free(void *block) {
  if (!block || is_early(block)) return;
  if (!real_malloc) begin();
  if (busy) {
    real_free(block);
    return;
  }
  enter();
  TELL("f %ld %lx\n", thread(), (unsigned long)block);
  real_free(block);
  leave();
}
