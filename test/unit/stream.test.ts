import { describe, expect, it } from 'vitest';
import {
  checkStream,
  initStream,
  STREAM_HEAD,
  STREAM_READER,
  STREAM_TAIL,
  STREAM_WORDS,
  STREAM_WRITER,
} from '../../src/core/stream.core.js';

const SEATS = 3;
const AT = 16;

/** A stream of 64 bytes, in elements of 4, with 8 bytes in it. */
function stream(): Int32Array {
  const words = new Int32Array(AT + STREAM_WORDS + 16);
  initStream(words, AT, 64, 4, 0, 12);
  words[AT + STREAM_TAIL]! += 8 << 2;
  return words;
}

describe('the laws of a stream', () => {
  it('hold for one that was laid out, and closed, and that its sides have', () => {
    const words = stream();
    words[AT + STREAM_WRITER] = SEATS;
    words[AT + STREAM_READER] = SEATS;
    words[AT + STREAM_TAIL]! |= 3;
    expect(checkStream(words, AT, SEATS)).toBe(0);
  });

  it.each([
    ['a writer that is no seat', STREAM_WRITER, SEATS + 1, STREAM_WRITER],
    ['a reader that is no seat', STREAM_READER, -1, STREAM_READER],
    ['a head that is closed', STREAM_HEAD, (12 << 2) | 1, STREAM_HEAD],
    ['more in it than it holds', STREAM_TAIL, (12 + 68) << 2, STREAM_HEAD],
    ['a tail behind its head', STREAM_TAIL, 8 << 2, STREAM_HEAD],
    ['half an element in it', STREAM_TAIL, (12 + 6) << 2, STREAM_HEAD],
  ])('are broken by %s, and the check answers where', (_, word, value, broken) => {
    const words = stream();
    words[AT + word] = value;
    expect(checkStream(words, AT, SEATS)).toBe(AT + broken);
  });
});
