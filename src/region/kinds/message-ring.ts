import * as frame from '../../core/frame.core.js';
import type { Kind } from './kind.js';

/** A message ring: its part is a ring of frames. */
export const messageRingKind: Kind = {
  title: 'message ring',

  fits(words, at, end) {
    const records = at + frame.FRAMES_WORDS;
    if (records > end) return false;
    const units = words[at + frame.FRAMES_UNITS]!;
    const payload = words[at + frame.FRAMES_PAYLOAD]!;
    return (
      units >= 1 &&
      units <= frame.UNITS_MAX &&
      (units & (units - 1)) === 0 &&
      payload % frame.UNIT_BYTES === 0 &&
      payload >= (records + units * frame.FRAME_WORDS) * 4 &&
      payload + units * frame.UNIT_BYTES <= end * 4
    );
  },

  check: frame.checkFrames,

  recover(words, at, seats, dead) {
    return { slots: frame.recoverFrames(words, at, seats, dead) };
  },

  stop(words, at) {
    Atomics.or(words, at + frame.FRAMES_GATE, frame.GATE_CLOSED);
  },

  report(words, at) {
    return {
      capacity: words[at + frame.FRAMES_UNITS]! * frame.UNIT_BYTES,
      length: frame.countFrames(words, at),
      closed: (Atomics.load(words, at + frame.FRAMES_GATE) & frame.GATE_CLOSED) !== 0,
    };
  },
};
