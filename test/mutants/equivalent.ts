/**
 * Mutants that nothing can notice, each with the reason. `main.ts` fails when one of these no longer exists, or is noticed
 * after all.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([
  [
    'core/store.core:takeFree: left only: more > 0 && bits !== 0 -> more > 0',
    'where no bits are left the loop goes round and adds none: it costs time',
  ],
  [
    'core/doorbell.core:ringOne: swap: Atomics.store(words, waiters + TURN, seat); ring(words, seat); -> ring(words, seat); Atomics.store(words, waiters + TURN, seat);',
    'the turn only says where the next search begins: fairness, not safety',
  ],
  [
    'core/doorbell.core:ringOne: mask: turn & 31 -> turn & 15',
    'the first step of a search begins elsewhere, and the steps behind it look at every bit: fairness, not safety',
  ],
  [
    'region/header.core:lockRegion: compare: deadline - now() <= 0 -> deadline - now() < 0',
    'in the very millisecond of the deadline it waits for no time once more',
  ],
  [
    'core/store.core:settleAttention: off by one: store + 16 -> store + 17 (3)',
    'it only decides whether what is released goes to a stock that has room; a full one spills and looks at the waiters themselves, ' +
      'and who waits sets it again when its slice ends: it costs time, and less than what stocks may keep from who waits anyway',
  ],
  [
    'core/tape.core:recoverTape: plain: Atomics.load(words, tape + 17) -> words[tape + 17]',
    'the dead took the side by an exchange before it was evicted, and the exchange behind the look decides',
  ],
  [
    'core/tape.core:recoverTape: plain: Atomics.load(words, record + 1) -> words[record + 1]',
    'only recovery writes the word, under the lock of the region',
  ],
  [
    'ring/subscriber.core:moveLossy: right only: overrun === (-2) || jump(words, own, place) === (-2) -> jump(words, own, place) === (-2)',
    'a place that recovery has taken is taken for good: the exchange of the jump finds that too',
  ],
  [
    'ring/broadcast.core:findTail: plain: Atomics.load(words, tape + 32) -> words[tape + 32]',
    'the side was taken by an exchange before; whoever finds an older tail learns the newer one when it publishes',
  ],
  [
    'ring/broadcast.core:reserve: mask: (own[19] - own[11]) & 0x3fffffff -> (own[19] - own[11]) & 536870911',
    'the limit is never behind the tail, nor more than a circle of 2^25 grains before it',
  ],
  [
    'core/recover-store.core:settleBlock: plain: Atomics.load(words, record) -> words[record]',
    'whoever changes the word behind the load before it lives, and settles the block himself',
  ],
  [
    'core/page-heap.core:findPages: mask: at & 31 -> at & 15',
    'the search comes to the middle of a word of free pages only when it needs no more than are left of that word',
  ],
  [
    'ring/byte-ring.core:tellReader: off by one: stream + 64 -> stream + 65',
    'counted from 0 instead of the head, what is wanted is as far behind the tail; at a wrap the reader is told too early, and sleeps on',
  ],
  [
    'ring/message-ring.core:closeFrames: torn: Atomics.or(words, frames + 16, 1) -> tornor(words, frames + 16, 1)',
    'a recovery that it hides lets its victim claim once more, should that go on; the victim then ends the claim as always',
  ],
  [
    'ring/message-receiver.core:resignConsumer: off by one: own[0] + 17 -> own[0] + 18',
    'a life that has left is gone, and whoever wants its side takes it',
  ],
  [
    'ring/byte-ring.core:armReader: drop: Atomics.store(words, stream + 18, further(own[12], head, Math.min(wanted, other))); -> ;',
    'a reader that is woken for fewer bytes than it wants looks, and sleeps on: it costs time',
  ],
  [
    'ring/byte-ring.core:beginEpoch: torn: Atomics.compareExchange(words, own[0] + side, own[13], 0) -> tornCompareExchange(words, own[0] + side, own[13], 0)',
    'who has the side by then, and loses it so, finds that at its next call and takes it again: an epoch more',
  ],
  [
    'ring/single-ring.core:beginEpoch: off by one: word + mask + 1 -> word + mask + 2',
    'from the last position of four laps it begins the epoch after the next: any other than the last one will do',
  ],
  [
    'core/lane.core:fenced: off by one: word + 1 -> word + 2',
    'the same word comes again when a slot was fenced 128 times in one lap, not 256',
  ],
  [
    'core/lane.core:fenceTail: plain: Atomics.load(words, slot) -> words[slot]',
    'an older word fails at the exchange, and it looks again; that the look at the side comes first then, which the explorer does not model, ' +
      'takes an engine or a processor that swaps them',
  ],
  [
    'core/lane.core:fenceTail: plain: Atomics.load(words, queue + 17) -> words[queue + 17]',
    'an item of a later lap was put by who had the side by then: whoever has loaded it sees that side, or a later one',
  ],
  [
    'core/lane.core:undoStaging: plain: Atomics.store(words, slots + (position & (capacity - 1)), parityOf(capacity, position) ^ (-2147483648)) -> words[slots + (position & (capacity - 1))] = parityOf(capacity, position) ^ (-2147483648)',
    'nobody looks behind the first slot that was not put before the side is taken anew, by an exchange',
  ],
  [
    'core/lane.core:recoverLane: torn: Atomics.compareExchange(words, queue + 18, consumer, 0) -> tornCompareExchange(words, queue + 18, consumer, 0)',
    'the side of a dead seat is written by who recovers it alone, under the lock of the region',
  ],
  [
    'ring/single-ring.core:put: plain: Atomics.load(words, queue + 16) -> words[queue + 16]',
    'a close that is missed comes behind the look at the head before, and rings whoever is about to wait: NONE is right as well',
  ],
  [
    'ring/message-sender.core:claim: plain: Atomics.load(words, frames + 16) -> words[frames + 16]',
    'a close that is missed comes behind the look at the head before, and rings whoever is about to wait: NONE is right as well',
  ],
  [
    'ring/ring-mark.core:publishMarked: always: mark(words, next, word ^ ((tail << own[3]) & own[4])) !== 0 -> true',
    'the one that was rung before looks for the next item when it leaves, and rings the next one or marks the slot: it costs time',
  ],
  [
    'ring/ring-mark.core:releaseMarked: always: (word & own[4]) !== lap || state === 0 || state === 5 -> true',
    'the next one is rung at once and not by the next to give a slot back: it looks, marks and waits again, which costs time',
  ],
  [
    'core/span-handover.core:takeAbandoned: drop: Atomics.store(words, count, 0); -> ;',
    'only where the count is damaged; then each search is in vain: it costs time',
  ],
  ['core/seat.core:evictSpawned: mask: above & 0x7f -> above & 63', 'no state has the bit that is left out'],
  [
    'core/resize.core:resizeStore: plain: Atomics.load(words, store + 33) -> words[store + 33]',
    'only who resizes writes the word, and has the lock of the region',
  ],
  [
    'ring/byte-ring.core:takeWriter: shift: own[2] << 2 -> own[2] << 3',
    'as if twice full: the first look is at the head itself either way',
  ],
  [
    'core/stream.core:recoverStream: drop: disarm(words, stream + 112, dead); -> ;',
    'all who wait are rung: a bit that the dead has left rings a bell that nobody hears',
  ],
  [
    'core/span-recovery.core:recoverSpans: drop: own[23] = 0; -> ;',
    'each recovery of a region has a private array of its own, which begins with zeros',
  ],
]);
