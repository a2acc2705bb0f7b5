/**
 * Shared accesses that no program executes, or kills a thread at, each with the reason. `--coverage` fails on what is missed and
 * not excused, and on an excuse that is not needed.
 */

/** An excuse names a function, as file:function, or one access in it, as file:function:text; `kill` means only the kill is missed. */
export interface Excuse {
  readonly at: string;
  readonly only?: 'kill';
  readonly why: string;
}

function all(why: string, names: readonly string[]): Excuse[] {
  return names.map(at => ({ at, why }));
}

export const EXCUSES: readonly Excuse[] = [
  ...all('lays out words that no other thread has been shown yet: the directory publishes them afterwards', [
    'core/frame.core.ts:initFrames',
    'core/lane.core.ts:initLane',
    'core/slot.core.ts:initQueue',
    'core/stream.core.ts:initStream',
    'core/tape.core.ts:initTape',
  ]),
  ...all(
    'only reads, once, and answers a number that may be old: there is nothing for an order, or a death, to spoil',
    [
      'core/block.core.ts:isLiveBlock',
      'core/frame.core.ts:countFrames',
      'core/lane.core.ts:laneLength',
      'core/slot.core.ts:queueLength',
      'core/store.core.ts:acquiresIn',
      'core/store.core.ts:acquiresOf',
      'core/store.core.ts:countLive',
      'core/stream.core.ts:streamLength',
      'core/tape.core.ts:countSubscribers',
      'heap/heap.core.ts:isHeld',
      'heap/heap.core.ts:usableBytes',
      'region/header.core.ts:breakOffset',
      'ring/message-receiver.core.ts:messageBytes',
    ],
  ),
  ...all('only reads, and answers whether a law is broken; test/unit/corruption.test.ts breaks them', [
    'core/frame.core.ts:checkFrames',
    'core/lane.core.ts:checkLane',
    'core/slot.core.ts:checkQueue',
    'core/span-recovery.core.ts:checkPages',
    'core/span-recovery.core.ts:checkSpans',
    'core/span-recovery.core.ts:lookAtFresh',
    'core/span-recovery.core.ts:spanClass',
    'core/store.core.ts:checkStore',
    'core/stream.core.ts:checkRecords',
    'core/stream.core.ts:checkStream',
    'core/stream.core.ts:fitsStream',
    'core/tape.core.ts:checkTape',
  ]),
  ...all('bytes in and beside a block that one thread holds: nobody else reads or writes them', [
    'core/guard.core.ts:checkCanaries',
    'core/guard.core.ts:fillEnds',
    'core/guard.core.ts:findHurt',
    'core/guard.core.ts:isHurt',
    'core/guard.core.ts:setMark',
    'core/guard.core.ts:takeMark',
    'core/guard.core.ts:writeCanaries',
    'core/guard.core.ts:writePoison',
    'heap/guarded.core.ts:findWritten',
    'heap/guarded.core.ts:forgetBlock',
    'heap/guarded.core.ts:guardLead',
    'heap/guarded.core.ts:guardSize',
    'heap/guarded.core.ts:guardState',
    'heap/guarded.core.ts:poisonBlock',
    'heap/guarded.core.ts:poisonWords',
    'heap/guarded.core.ts:writeGuard',
  ]),
  ...all('sets one bit of a word, which stays: every order and every death leaves the same', [
    'core/seat.core.ts:poisonSeats',
    'core/stream.core.ts:stopStream',
  ]),
  {
    at: 'core/frame.core.ts:recoverFrames:Atomics.compareExchange(words, frames + 17, consumer, 0)',
    only: 'kill',
    why: 'behind it only waiters are rung: who finishes the recovery does the same exchange',
  },
  {
    at: 'ring/byte-ring.core.ts:beginEpoch:Atomics.compareExchange(words, own[0] + side, own[13], 0)',
    only: 'kill',
    why: 'only a thread that was recovered comes here: it is dead to the others already',
  },
  {
    at: 'ring/broadcast.core.ts:moveLimitAgain:Atomics.load(words, own[0] + 17)',
    only: 'kill',
    why: 'only reads, where a sender that was recovered has moved the limit; nothing is written in between',
  },
  {
    at: 'core/doorbell.core.ts:readBell',
    only: 'kill',
    why: 'only reads, before anything of the wait is written: who dies here has left nothing',
  },
  {
    at: 'core/span-owner.core.ts:fillStock:words[head] = 0',
    why: 'only where a list is damaged; test/unit/heap.corruption.test.ts damages them',
  },
  {
    at: 'core/span-handover.core.ts:takeAbandoned:Atomics.store(words, count, 0)',
    why: 'only where the count is damaged: it changes under the lock, and who takes that from the dead counts anew',
  },
  {
    at: 'core/page-heap.core.ts:repairPages:words[spanIndex(own, page) + 0] = count',
    why: "only where a record is damaged: it is written before the page's word, which makes the span exist",
  },
  {
    at: 'ring/subscriber.core.ts:findLast:Atomics.load(words, at)',
    only: 'kill',
    why: 'the look again where the sender has gone far ahead: only reads, as the looks before it, where threads are killed',
  },
  {
    at: 'ring/subscriber.core.ts:subscribe:Atomics.compareExchange(words, record, own[17], 0)',
    only: 'kill',
    why: 'only a thread that was recovered comes here: it is dead to the others already',
  },
];
