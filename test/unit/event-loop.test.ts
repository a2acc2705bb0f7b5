import { describe, expect, it } from 'vitest';
import { runChild } from './helpers.js';

/** What every program begins with: a region, a pool of one block that is taken, a ring, and a second seat. */
const setUp = `
import { Pool, Region, Ring } from 'DIST/index.js';
import { Worker } from 'node:worker_threads';
const region = Region.create({ maxByteLength: 2 ** 20 });
const other = Region.attach(region.share());
const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 1 });
const ring = Ring.create({ region, name: 'ring', capacity: 1 });
const block = Pool.attach(other, 'pool').acquire();
const later = (ms, act) => setTimeout(act, ms).unref();
`;

/** A worker that does something to its own attachment after a while, without ever sending a message. */
function worker(act: string): string {
  return `new Worker(\`
    import { workerData } from 'node:worker_threads';
    const { Pool, Region, Ring } = await import('DIST/index.js');
    const region = Region.attach(workerData);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
    ${act}
    region.detach();
  \`, { eval: true, workerData: region.share() }).unref();\n`;
}

describe('the event loop', () => {
  it.each([
    ['an item', 'const item = await ring.dequeueAsync();', "Ring.attach(region, 'ring').enqueue(5);"],
    ['room', 'ring.enqueue(1); await ring.enqueueAsync(2); const item = 5;', "Ring.attach(region, 'ring').dequeue();"],
    ['a block', 'const item = await pool.acquireAsync() ? 5 : 0;', "Pool.attach(region, 'pool').release(workerBlock);"],
    ['the end', 'for await (const item of ring); const item = 5;', "Ring.attach(region, 'ring').close();"],
  ])('stays open while somebody waits for %s, and ends the program afterwards', async (_, wait, act) => {
    // The block's holder lets go of it, so that whoever releases it makes it free.
    const acts = act.replace('workerBlock', `\${block}`);
    const { code, output, ms } = await runChild(
      `${setUp} other.detach(); ${worker(acts)} ${wait} console.log('got', item); process.exitCode = 7;`,
    );
    expect([code, output.trim()]).toEqual([7, 'got 5']);
    expect(ms).toBeLessThan(15_000);
  });

  it.each([
    [
      'an abort',
      'const c = new AbortController(); setTimeout(() => c.abort(), 100); await ring.dequeueAsync({ signal: c.signal }).catch(() => {});',
    ],
    ['an abort that came first', 'await ring.dequeueAsync({ signal: AbortSignal.abort() }).catch(() => {});'],
    ['a detach', 'setTimeout(() => region.detach(), 100); await ring.dequeueAsync().catch(() => {});'],
    ['success', 'ring.enqueue(1); await ring.dequeueAsync(); later(0, () => {});'],
    [
      'an abort while another waited before',
      'const c = new AbortController(); const first = ring.dequeueAsync(); const second = pool.acquireAsync({ signal: c.signal }).catch(() => {}); setTimeout(() => ring.enqueue(4), 50); await first; setTimeout(() => c.abort(), 50); await second;',
    ],
  ])('is let go after %s', async (_, act) => {
    const { code, output, ms } = await runChild(`${setUp} ${act} console.log('done'); process.exitCode = 7;`, [], 8000);
    expect([code, output.trim()]).toEqual([7, 'done']);
    expect(ms).toBeLessThan(7500);
  });

  it('holds again for a wait that comes after an abort', async () => {
    const { code, output } = await runChild(
      `${setUp} const c = new AbortController(); const gone = ring.dequeueAsync({ signal: c.signal }).catch(() => {}); c.abort(); await gone;
      ${worker("Ring.attach(region, 'ring').enqueue(5);")} console.log('got', await ring.dequeueAsync()); process.exitCode = 7;`,
    );
    expect([code, output.trim()]).toEqual([7, 'got 5']);
  });
});
