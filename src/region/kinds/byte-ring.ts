import * as stream from '../../core/stream.core.js';
import type { Kind } from './kind.js';

/** A byte ring: its part is a stream. */
export const byteRingKind: Kind = {
  title: 'byte ring',

  fits(words, at, end) {
    return stream.fitsStream(words, at, end) !== 0;
  },

  check: stream.checkStream,

  recover(words, at, seats, dead) {
    stream.recoverStream(words, at, seats, dead);
    return {};
  },

  stop: stream.stopStream,

  report(words, at) {
    return {
      capacity: words[at + stream.STREAM_CAPACITY]!,
      length: stream.streamLength(words, at),
      closed: (Atomics.load(words, at + stream.STREAM_TAIL) & stream.STREAM_CLOSED) !== 0,
    };
  },
};
