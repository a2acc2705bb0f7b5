// A program of a user's, for the type checker only: what should compile does, what should not is marked.
import type { Worker } from 'node:worker_threads';
import {
  Arena,
  Broadcast,
  ByteRing,
  CLOSED,
  type Closable,
  type ErrorCode,
  type Handle,
  Heap,
  type MessageHandler,
  MessageRing,
  NONE,
  ObjectPool,
  Pool,
  Region,
  type RegionToken,
  Ring,
  RingwellError,
  type Subscriber,
  type Waiting,
  waitAny,
  waitAnyAsync,
} from 'ringwell';
import { type SpawnOptions, spawn } from 'ringwell/node';

const region: Region = Region.create({ maxByteLength: 2 ** 20 });
export const token: RegionToken = region.share();
const pool: Pool = Pool.create({ region, name: 'blocks', blockBytes: 16, capacity: 4 });
const handle: Handle | 0 = pool.acquire();
if (handle !== 0) pool.view(handle).fill(1);
const ring: Ring = Ring.create({ region, name: 'ring', capacity: 4, carries: pool });
const item: number = ring.dequeue();
if (item !== NONE && item !== CLOSED) pool.release(item);
const bytes: ByteRing = ByteRing.create({ region, name: 'bytes', capacity: 64, records: true });
const messages: MessageRing = MessageRing.create({ region, name: 'messages', capacity: 1024 });
const handler: MessageHandler = (offset, length, type) => console.log(messages.i32[offset >>> 2], length, type);
messages.receive(handler);
const broadcast: Broadcast = Broadcast.create({ region, name: 'broadcast', capacity: 1024 });
const subscriber: Subscriber = broadcast.subscribe();
const heap: Heap = Heap.create({ byteLength: 2 ** 16 });
export const arena: Arena = Arena.create({ byteLength: 64, heap });
export const objects: ObjectPool<{ id: number }> = new ObjectPool({ create: () => ({ id: 0 }) });
export const closables: Closable[] = [ring, bytes, messages, broadcast];
export const found: number = waitAny([ring, bytes, messages, subscriber], 0);
const waiting: Waiting = { signal: AbortSignal.timeout(1) };
export const later: Promise<number> = waitAnyAsync([ring], waiting);
const options: SpawnOptions = { supervisor: true, onRecovered: report => console.log(report.seat) };
export const worker: Worker = spawn(region, new URL('./worker.mjs', import.meta.url), options);

export async function main(): Promise<void> {
  for await (const each of ring) pool.release(each);
  using local = Ring.create({ capacity: 2 });
  local.enqueue(await pool.acquireAsync());
  if (pool instanceof Pool && ring instanceof Ring) pool.release(ring.dequeue());
}

export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof RingwellError ? error.code : undefined;
}

// @ts-expect-error: blockBytes is missing
Pool.create({ capacity: 4 });
// @ts-expect-error: neither 'single' nor 'multi'
Ring.create({ capacity: 4, producers: 'one' });
// @ts-expect-error: any integer is not a handle
export const wrong: Handle = 5;
// @ts-expect-error: regions are made by Region.create
new Region();
// @ts-expect-error: not a ring
waitAny([{}], 0);
// @ts-expect-error: not a ring
waitAnyAsync([pool]);
// @ts-expect-error: read only
pool.capacity = 5;
