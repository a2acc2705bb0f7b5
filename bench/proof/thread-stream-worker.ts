/** What thread-stream writes to: a stream in a thread of its own. */
import { Writable } from 'node:stream';
import { MESSAGE_BYTES, Receiving } from './tally.js';

export default function target({ tally }: { tally: Int32Array }): Writable {
  const receiving = new Receiving(tally);
  let first = 0;
  let at = 0;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const byte of chunk) {
        if (at === 0) first = byte;
        at++;
        if (at < MESSAGE_BYTES) continue;
        at = 0;
        receiving.message(first, byte);
      }
      done();
    },
  });
}
