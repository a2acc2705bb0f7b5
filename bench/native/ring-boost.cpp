// boost::lockfree::queue, a linked list over a fixed set of nodes.
#include "ring-threads.h"
#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>

class BoostRing {
  boost::lockfree::queue<uint32_t, boost::lockfree::fixed_sized<true>, boost::lockfree::capacity<CAPACITY>> queue;

public:
  bool enqueue(uint32_t item) { return queue.push(item); }
  bool dequeue(uint32_t &item) { return queue.pop(item); }
};

int main(int argc, char **argv) {
  char name[64];
  std::sprintf(name, "boost::lockfree::queue %d.%d", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000);
  return serveRing<BoostRing>(name, argc, argv);
}
