import * as tape from '../../core/tape.core.js';
import type { Kind } from './kind.js';

/** A broadcast: its part is a tape. */
export const broadcastKind: Kind = {
  title: 'broadcast',

  fits(words, at, end) {
    if (at + tape.TAPE_WORDS > end) return false;
    const grains = words[at + tape.TAPE_GRAINS]!;
    const records = words[at + tape.TAPE_RECORD_COUNT]!;
    const payload = words[at + tape.TAPE_PAYLOAD]!;
    const gated = words[at + tape.TAPE_GATED]!;
    return (
      grains >= 8 &&
      grains <= tape.GRAINS_MAX &&
      (grains & (grains - 1)) === 0 &&
      records >= 1 &&
      records <= tape.RECORDS_MAX &&
      words[at + tape.TAPE_RECORDS] === at + tape.TAPE_WORDS &&
      (gated === 0 || gated === 1) &&
      payload % 64 === 0 &&
      payload >= (at + tape.TAPE_WORDS + records * tape.RECORD_WORDS) * 4 &&
      payload + grains * tape.GRAIN_BYTES <= end * 4
    );
  },

  check: tape.checkTape,

  recover(words, at, seats, dead) {
    return { slots: tape.recoverTape(words, at, seats, dead) };
  },

  stop(words, at) {
    Atomics.or(words, at + tape.TAPE_TAIL, tape.SIGN);
  },

  report(words, at) {
    return {
      capacity: words[at + tape.TAPE_GRAINS]! * tape.GRAIN_BYTES,
      length: tape.countSubscribers(words, at),
      closed: Atomics.load(words, at + tape.TAPE_TAIL) < 0,
    };
  },
};
