/**
 * Locks whose owners die, or seem to.
 *
 * A lock that is claimed first and named after its owner later has a window in which the owner is unknown: a live lock is
 * stolen, or a dead one is nobody's to recover. One exchange that claims and names closes it. A lock without an owner
 * leaves the survivors parked for ever; with one, recovery frees it and wakes everybody.
 */
import { coreFromText } from '../loader.js';
import { op, type Program } from '../program.js';

interface Stealing {
  increment(words: Int32Array, seat: number): number;
}

const COUNT_UNDER = (tryLock: string, unlock: string): string => `
const LOCK = 0;
const OWNER = 1;
const COUNTER = 2;
function tryLock(words, seat) { ${tryLock} }
function unlock(words) { ${unlock} }
export function increment(words, seat) {
  if (tryLock(words, seat) === 0) return 0;
  words[COUNTER] = words[COUNTER] + 1;
  unlock(words);
  return 1;
}`;

const CLAIM_THEN_NAME = `
  if (Atomics.compareExchange(words, LOCK, 0, 1) === 0) {
    Atomics.store(words, OWNER, seat);
    return 1;
  }
  const owner = Atomics.load(words, OWNER);
  if (owner !== 0) return 0;
  // Locked by nobody: the owner must be dead.
  return Atomics.compareExchange(words, OWNER, 0, seat) === 0 ? 1 : 0;`;

const CLAIM_AND_NAME = 'return Atomics.compareExchange(words, LOCK, 0, seat) === 0 ? 1 : 0;';

function stealing(name: string, tryLock: string, unlock: string, more: Partial<Program>): Program {
  const { increment } = coreFromText<Stealing>(name, COUNT_UNDER(tryLock, unlock));
  return {
    name: `canary: ${name}`,
    words: [0, 0, 0],
    threads: [1, 2].map(seat => ({ ops: [op('increment', [seat], ({ words }) => increment(words, seat))] })),
    nameOf: word => ['lock', 'owner', 'counter'][word] ?? '?',
    ...more,
  };
}

interface Slots {
  claim(words: Int32Array, seat: number): number;
  recover(words: Int32Array, dead: number): number;
}

/** Two slots of two words, claim and owner; a victim that may die anywhere, and a recovery by owner. */
function slots(name: string, claim: string, more: Partial<Program>): Program {
  const core = coreFromText<Slots>(
    name,
    `
export function claim(words, seat) {
  for (let slot = 0; slot < 4; slot += 2) { ${claim} }
  return -1;
}
export function recover(words, dead) {
  for (let slot = 0; slot < 4; slot += 2) {
    if (Atomics.load(words, slot + 1) !== dead) continue;
    Atomics.store(words, slot + 1, 0);
    Atomics.store(words, slot, 0);
  }
  return 1;
}`,
  );
  const claimFor = (seat: number) => ({
    ops: [
      op('claim', [seat], function* ({ words, kept }) {
        const slot = yield* core.claim(words, seat);
        kept.push(slot);
        return slot;
      }),
    ],
  });
  return {
    name: `canary: ${name}`,
    words: [0, 0, 0, 0],
    threads: [claimFor(1), claimFor(2)],
    victims: [0],
    supervisors: [{ name: 'recovery', ops: [op('recover', [1], ({ words }) => core.recover(words, 1))] }],
    audit({ words, kept, deaths }) {
      const held = [0, 1].filter(t => !deaths.includes(t)).flatMap(t => [...kept(t)]);
      for (const slot of [0, 2]) {
        const isClaimed = words[slot] !== 0 || words[slot + 1] !== 0;
        if (isClaimed && !held.includes(slot)) return `slot ${slot / 2} is claimed by nobody alive`;
      }
      return undefined;
    },
    ...more,
  };
}

interface Lock {
  increment(words: Int32Array, seat: number): number;
  recover(words: Int32Array, dead: number): number;
}

/** The lock word: owner in the lower bits, 8 when somebody waits, 16 when an owner died. */
function killed(name: string, lock: string, recovery: string | null, more: Partial<Program>): Program {
  const core = coreFromText<Lock>(name, `${lock}${recovery ?? ''}`);
  const recover = op('recover', [1], ({ words }) => core.recover(words, 1));
  return {
    name: `canary: ${name}`,
    words: [0, 0],
    threads: [1, 2, 3].map(seat => ({ ops: [op('increment', [seat], ({ words }) => core.increment(words, seat))] })),
    victims: [0],
    ...(recovery === null ? {} : { supervisors: [{ name: 'recovery', ops: [recover] }] }),
    nameOf: word => ['lock', 'counter'][word] ?? '?',
    ...more,
  };
}

const OWNED_LOCK = `
function lock(words, seat) {
  let waiting = 0;
  for (;;) {
    const seen = Atomics.load(words, 0);
    if ((seen & 7) === 0) {
      if (Atomics.compareExchange(words, 0, seen, (seen & 24) | seat | waiting) === seen) return;
      continue;
    }
    if ((seen & 8) === 0 && Atomics.compareExchange(words, 0, seen, seen | 8) !== seen) continue;
    Atomics.wait(words, 0, seen | 8);
    waiting = 8;
  }
}
export function increment(words, seat) {
  lock(words, seat);
  words[1] = words[1] + 1;
  if ((Atomics.exchange(words, 0, 0) & 8) !== 0) Atomics.notify(words, 0, 1);
  return 1;
}`;

const recoveryWaking = (count: string): string => `
export function recover(words, dead) {
  for (;;) {
    const seen = Atomics.load(words, 0);
    if ((seen & 7) !== dead || Atomics.compareExchange(words, 0, seen, (seen & 8) | 16) === seen) break;
  }
  ${count === '0' ? '' : `Atomics.notify(words, 0, ${count});`}
  return 1;
}`;

export const programs: readonly Program[] = [
  stealing(
    'lock claimed, then named',
    CLAIM_THEN_NAME,
    'Atomics.store(words, OWNER, 0); Atomics.store(words, LOCK, 0);',
    {
      expect: 'race',
    },
  ),
  stealing('lock claimed and named at once', CLAIM_AND_NAME, 'Atomics.store(words, LOCK, 0);', {}),
  slots(
    'slot claimed, then named, by one who dies',
    'if (Atomics.compareExchange(words, slot, 0, 1) === 0) { Atomics.store(words, slot + 1, seat); return slot; }',
    { expect: 'audit' },
  ),
  slots(
    'slot claimed and named at once, by one who dies',
    'if (Atomics.compareExchange(words, slot + 1, 0, seat) === 0) return slot;',
    {},
  ),
  killed('lock whose owner dies, without recovery', OWNED_LOCK, null, { expect: 'parked' }),
  killed('lock whose owner dies, recovery wakes nobody', OWNED_LOCK, recoveryWaking('0'), { expect: 'parked' }),
  killed('lock whose owner dies, recovery wakes all', OWNED_LOCK, recoveryWaking('Infinity'), {}),
];
