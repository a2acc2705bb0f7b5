/**
 * Seats: every attached thread holds one. A seat's number names its thread in every shared word.
 *
 * ```
 * seat record, 32 words (two lines of 64 bytes), the table starts at word SEATS_INDEX; seat 0 is nobody
 * word  0  seat word: generation 24 | poisoned 1 | state 7
 * word  1  spawner: the life (generation 24 | seat 8) whose thread started this one's | 2 the life of this seat for which that holds
 * word 16  bell (doorbell.core.ts): a counter that every ring of this seat moves on
 *
 *          reserve           attach             leave            free
 *   FREE ----------> RESERVED ------> ATTACHED -------> LEAVING -------> FREE
 *     ^   (gen + 1)     | cancel, evict  | evict           | evict        ^
 *     +-----------------+                +----> EVICTED <--+              |
 *                                                  +---- free ------------+
 * ```
 *
 * Laws
 * - One compare-and-exchange makes every move, so a seat has one owner at any time, and one that dies leaves its state behind.
 * - The generation moves on at every reserve: a token, or a thread, of an earlier life of the seat never matches again.
 *   It wraps after 2^24 - 2 reserves of one seat: at 1,000 attachments a second, 4.6 hours of a token's lying about unused. It is never 0,
 *   which in a life is recovery's (`isGone`), and from each life to the next odd and even take turns (frame.core.ts).
 * - A seat goes from LEAVING or EVICTED to FREE only when no shared word names it any more, but as who had sent a block that is on its
 *   way: recovering a later life of the seat leaves that one alone. EVICTED says that proof of its
 *   thread's death was given: whoever finds it may finish what its recoverer began.
 * - The poisoned bit, once set, stays: every thread finds it at its next slow path.
 * - A thread that is started by another ends before it does. So proof of a spawner's death is proof of its threads' too. The
 *   spawner is written before the life that it holds for: what an earlier life of the seat left there is never believed.
 *
 * Who writes: reserve any thread; attach and cancel whoever holds the token; leave its thread; evict and free a recoverer; spawner
 * the thread that minted the token, before it starts the thread.
 */

/** The word at which the table of seats starts, in every region. */
export const SEATS_INDEX = 64;
const SEAT_SPAWNER = 1;
const SEAT_SPAWNED_LIFE = 2;
/** Words a seat. */
export const SEAT_WORDS = 32;
/** The most seats a region can have: a block word names its holder in 8 bits, and 0 is nobody. */
export const SEATS_MAX = 255;
/** The last generation of a seat, behind which the first comes again, 1: even, so that odd and even go on taking turns. */
export const SEAT_GENERATION_MAX = 0xfffffe;
/** Where the bell stands in a seat's record, on a line of its own. */
export const SEAT_BELL = 16;

export const SEAT_FREE = 0;
export const SEAT_RESERVED = 1;
export const SEAT_ATTACHED = 2;
export const SEAT_LEAVING = 3;
export const SEAT_EVICTED = 4;
export const SEAT_STATE_MASK = 0x7f;
export const SEAT_POISONED = 0x80;
export const SEAT_GENERATION_SHIFT = 8;

/** The index of a seat's word. */
export function seatIndex(seat: number): number {
  return SEATS_INDEX + seat * SEAT_WORDS;
}

/** Takes a free seat for a token. Answers its number, or 0 when there is none. */
export function reserveSeat(words: Int32Array, seats: number): number {
  for (let seat = 1; seat <= seats; seat++) {
    const at = seatIndex(seat);
    for (;;) {
      const word = Atomics.load(words, at);
      if ((word & 0xff) !== SEAT_FREE) break;
      const next = (((word >>> SEAT_GENERATION_SHIFT) % SEAT_GENERATION_MAX) + 1) << SEAT_GENERATION_SHIFT;
      if (Atomics.compareExchange(words, at, word, next | SEAT_RESERVED) === word) return seat;
    }
  }
  return 0;
}

/** Moves a seat from one state to another, if it is still in that life and state. Answers 1, or 0. */
export function moveSeat(words: Int32Array, seat: number, generation: number, from: number, to: number): number {
  const life = generation << SEAT_GENERATION_SHIFT;
  return Atomics.compareExchange(words, seatIndex(seat), life | from, life | to) === (life | from) ? 1 : 0;
}

/** The generation a seat is in. */
export function seatGeneration(words: Int32Array, seat: number): number {
  return Atomics.load(words, seatIndex(seat)) >>> SEAT_GENERATION_SHIFT;
}

/** Whether the thread of that life still holds the seat, in a region that is not poisoned. Answers 1 or 0. */
export function isSeated(words: Int32Array, seat: number, generation: number): number {
  return Atomics.load(words, seatIndex(seat)) === ((generation << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED) ? 1 : 0;
}

/** As `isSeated`, by a plain look: a hint, for who comes back and looks again. */
export function seemsSeated(words: Int32Array, seat: number, generation: number): number {
  return words[seatIndex(seat)] === ((generation << SEAT_GENERATION_SHIFT) | SEAT_ATTACHED) ? 1 : 0;
}

/**
 * Whether a life (generation 24 | seat 8, as sides and locks name it) has left or was recovered, so that nobody will take back any more
 * what it still writes. Answers 1, or 0; so for a damaged word, which names nobody, and for a life of
 * generation 0: recovery has put it there, and is not done.
 */
export function isGone(words: Int32Array, seats: number, life: number): number {
  const seat = life & 0xff;
  if (seat === 0 || seat > seats || life >>> 8 === 0) return 0;
  const word = Atomics.load(words, seatIndex(seat));
  return word >>> SEAT_GENERATION_SHIFT !== life >>> 8 || (word & SEAT_STATE_MASK) === SEAT_FREE ? 1 : 0;
}

/**
 * Takes a seat of that life away from a thread that has ended; a token that was never used is void at once. Answers 1 when
 * the seat is now EVICTED and has to be scanned away, 0 when there is nothing to do.
 */
export function evictSeat(words: Int32Array, seat: number, generation: number): number {
  const at = seatIndex(seat);
  for (;;) {
    const word = Atomics.load(words, at);
    const state = word & SEAT_STATE_MASK;
    if (word >>> SEAT_GENERATION_SHIFT !== generation || state === SEAT_FREE) return 0;
    if (state === SEAT_EVICTED) return 1;
    // A thread that never attached can't have written its name anywhere.
    const next = state === SEAT_RESERVED ? SEAT_FREE : SEAT_EVICTED;
    if (Atomics.compareExchange(words, at, word, (word & ~SEAT_STATE_MASK) | next) === word)
      return next === SEAT_EVICTED ? 1 : 0;
  }
}

/** The state a seat is in. */
export function seatState(words: Int32Array, seat: number): number {
  return Atomics.load(words, seatIndex(seat)) & SEAT_STATE_MASK;
}

/** Marks every seat, so that every thread stops at its next slow path. */
export function poisonSeats(words: Int32Array, seats: number): void {
  for (let seat = 1; seat <= seats; seat++) Atomics.or(words, seatIndex(seat), SEAT_POISONED);
}

/** Notes who starts the thread that will take a seat, in that life of the seat: `spawner` is a life, generation 24 | seat 8. */
export function setSpawner(words: Int32Array, seat: number, generation: number, spawner: number): void {
  Atomics.store(words, seatIndex(seat) + SEAT_SPAWNER, spawner);
  Atomics.store(words, seatIndex(seat) + SEAT_SPAWNED_LIFE, generation);
}

/** Evicts the seats whose threads were started by the thread of an evicted one, and those that these started. */
export function evictSpawned(words: Int32Array, seats: number): void {
  for (let found = 1; found !== 0; ) {
    found = 0;
    for (let seat = 1; seat <= seats; seat++) {
      const at = seatIndex(seat);
      const word = Atomics.load(words, at);
      const state = word & SEAT_STATE_MASK;
      const generation = word >>> SEAT_GENERATION_SHIFT;
      if (state === SEAT_FREE || state === SEAT_EVICTED) continue;
      if (Atomics.load(words, at + SEAT_SPAWNED_LIFE) !== generation) continue;
      const spawner = Atomics.load(words, at + SEAT_SPAWNER);
      if ((spawner & 0xff) === 0 || (spawner & 0xff) > seats) continue;
      const above = Atomics.load(words, seatIndex(spawner & 0xff));
      if ((above & SEAT_STATE_MASK) !== SEAT_EVICTED || above >>> SEAT_GENERATION_SHIFT !== spawner >>> 8) continue;
      found += evictSeat(words, seat, generation);
    }
  }
}
