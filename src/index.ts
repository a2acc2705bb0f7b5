/** The public surface. Everything else is internal, whatever its name. */

export type { Closable } from './core/closable.js';
export { type ErrorCode, RingwellError } from './core/errors.js';
export { CLOSED, NONE } from './core/status.js';
export type { Waiting } from './core/wait-queue.js';
export { Arena, type ArenaOptions } from './heap/arena.js';
export { Heap } from './heap/heap.js';
export type { HeapOptions, HeapStats } from './heap/heap-base.js';
export { ObjectPool, type ObjectPoolOptions } from './pool/object-pool.js';
export { Pool } from './pool/pool.js';
export type { Handle, PoolOptions, PoolStats } from './pool/pool-base.js';
export type { RecoveryReport } from './region/recovery.js';
export { Region, type RegionOptions, type RegionToken } from './region/region.js';
export type { RegionReport, SeatReport, StructureReport } from './region/report.js';
export type { Named } from './region/structures.js';
export { Broadcast } from './ring/broadcast.js';
export type { BroadcastOptions } from './ring/broadcast-layout.js';
export { ByteRing } from './ring/byte-ring.js';
export type { ByteRingOptions } from './ring/byte-ring-usage.js';
export { type MessageHandler, MessageRing } from './ring/message-ring.js';
export type { MessageRingOptions } from './ring/message-ring-layout.js';
export { Ring } from './ring/ring.js';
export type { RingOptions } from './ring/ring-base.js';
export type { Subscriber } from './ring/subscriber.js';
export { waitAny, waitAnyAsync } from './ring/wait-any.js';
