/**
 * One thread writes a piece and reads it again, through 1 MiB: `node pieces.js CONTENDER BYTES`. Bare: two `set` calls, the
 * second from a view that is made for it (`bare`), or was made before (`views`); memory as the ring has it, shared or not.
 */

import { RingBuffer } from 'ringbuf.js';
import { ByteRing, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

const CAPACITY = 2 ** 20;
const [contender = 'local', size = '1024'] = process.argv.slice(2);
const bytes = Number(size);
const source = Uint8Array.from({ length: bytes }, (_, i) => (i * 7) & 255);
const target = new Uint8Array(bytes);

function ringRound(ring: ByteRing): (operations: number) => number {
  return operations => {
    let done = 0;
    for (let i = 0; i < operations; i++) {
      ring.write(source);
      done += ring.read(target);
    }
    return done;
  };
}

function bareRound(buffer: ArrayBufferLike, premade: boolean): (operations: number) => number {
  const memory = new Uint8Array(buffer);
  const views: Uint8Array[] = [];
  for (let at = 0; at < CAPACITY; at += bytes) views.push(memory.subarray(at, at + bytes));
  return operations => {
    let at = 0;
    let done = 0;
    for (let i = 0; i < operations; i++) {
      memory.set(source, at);
      target.set(premade ? views[at / bytes]! : memory.subarray(at, at + bytes));
      at = (at + bytes) & (CAPACITY - 1);
      done += bytes;
    }
    return done;
  };
}

function peerRound(): (operations: number) => number {
  const ring = new RingBuffer(RingBuffer.getStorageForCapacity(CAPACITY, Uint8Array), Uint8Array);
  return operations => {
    let done = 0;
    for (let i = 0; i < operations; i++) {
      ring.push(source);
      done += ring.pop(target);
    }
    return done;
  };
}

const rounds: Record<string, () => (operations: number) => number> = {
  local: () => ringRound(ByteRing.create({ capacity: CAPACITY })),
  shared: () => ringRound(ByteRing.create({ region: Region.create(), name: 'ring', capacity: CAPACITY })),
  'bare-local': () => bareRound(new ArrayBuffer(CAPACITY), false),
  'bare-shared': () => bareRound(new SharedArrayBuffer(CAPACITY), false),
  'views-local': () => bareRound(new ArrayBuffer(CAPACITY), true),
  'views-shared': () => bareRound(new SharedArrayBuffer(CAPACITY), true),
  'ringbuf.js': peerRound,
};

const round = rounds[contender]!();
verify(round(1000) === 1000 * bytes && Buffer.compare(source, target) === 0, 'a piece came out other than it went in');
target.fill(0);
await serve(contender === 'local' || contender === 'shared' ? `ringwell, ${contender}` : contender, round);
