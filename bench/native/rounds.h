// How a contender talks to the harness: it says `ready NAME`, then runs one round for every line it reads. A line is the number
// of operations to do; the answer is the number of nanoseconds they took. When its input ends, so does the contender.
#pragma once
#include <chrono>
#include <cstdio>
#include <cstdlib>

template <class Round> int serveRounds(const char *name, Round round) {
  std::printf("ready %s\n", name);
  std::fflush(stdout);
  unsigned long count;
  while (std::scanf("%lu", &count) == 1) {
    const auto start = std::chrono::steady_clock::now();
    round(count);
    const auto end = std::chrono::steady_clock::now();
    std::printf("%lld\n", static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(end - start).count()));
    std::fflush(stdout);
  }
  return 0;
}

// For what must hold, or the figure means nothing.
inline void require(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}
