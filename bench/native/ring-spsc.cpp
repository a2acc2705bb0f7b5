// boost::lockfree::spsc_queue: one producer, one consumer, one at a time or with arrays of the size that the first argument says.
#include "ring-threads.h"
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/version.hpp>

static boost::lockfree::spsc_queue<uint32_t, boost::lockfree::capacity<CAPACITY>> queue;

static uint64_t produceAll(uint32_t size, uint32_t count) {
  std::vector<uint32_t> items(size);
  uint64_t sum = 0;
  for (uint32_t first = 1; first <= count; first += size) {
    const uint32_t part = std::min(size, count - first + 1);
    for (uint32_t i = 0; i < part; i++) sum += items[i] = first + i;
    for (uint32_t put = 0; put < part;) {
      const uint32_t more = size == 1 ? queue.push(items[0]) : queue.push(items.data() + put, part - put);
      if (more == 0) backOff();
      put += more;
    }
  }
  return sum;
}

static uint64_t consumeAll(uint32_t size, uint32_t count) {
  std::vector<uint32_t> items(size);
  uint64_t sum = 0;
  for (uint32_t done = 0; done < count;) {
    const uint32_t taken = size == 1 ? queue.pop(items[0]) : queue.pop(items.data(), std::min(size, count - done));
    if (taken == 0) backOff();
    for (uint32_t i = 0; i < taken; i++) sum += items[i];
    done += taken;
  }
  return sum;
}

int main(int argc, char **argv) {
  const uint32_t size = argc > 1 ? std::atoi(argv[1]) : 1;
  yields = argc > 2 && std::strcmp(argv[2], "yields") == 0;
  const bool pinned = yields && std::thread::hardware_concurrency() >= 2;
  char name[64];
  std::snprintf(name, sizeof name, "boost::lockfree::spsc_queue %d.%d", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000);
  return serveRounds(name, [size, pinned](unsigned long count) {
    uint64_t put = 0, taken = 0;
    std::thread producer([&] {
      if (pinned) keepToCore(0);
      put = produceAll(size, count);
    });
    std::thread consumer([&] {
      if (pinned) keepToCore(1);
      taken = consumeAll(size, count);
    });
    producer.join();
    consumer.join();
    require(put == taken, "the ring lost or doubled an item");
  });
}
