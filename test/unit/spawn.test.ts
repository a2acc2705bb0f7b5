import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
// The built library: threads load it, and a region is of one copy.
import { Heap, Pool, type RecoveryReport, Region, RingwellError } from '../../dist/index.js';
import { type SpawnOptions, spawn } from '../../dist/node/index.js';
import { runChild } from './helpers.js';

const url = new URL('./spawn-worker.mjs', import.meta.url);
const CAPACITY = 64;

function setUp(seats = 16): { region: Region; pool: Pool } {
  const region = Region.create({ maxByteLength: 2 ** 22, seats });
  return { region, pool: Pool.create({ region, name: 'pool', blockBytes: 16, capacity: CAPACITY }) };
}

function exitOf(worker: Worker): Promise<number> {
  return new Promise(resolve => worker.once('exit', resolve));
}

/** Starts a thread that ends as it is told to; answers how that went. */
async function ends(
  region: Region,
  end: string,
  options: SpawnOptions = {},
): Promise<{ code: number; report: RecoveryReport; error: unknown }> {
  let recovered: (report: RecoveryReport) => void;
  const told = new Promise<RecoveryReport>(resolve => {
    recovered = resolve;
  });
  const worker = spawn(region, url, { ...options, workerData: { end }, onRecovered: report => recovered(report) });
  let error: unknown;
  worker.on('error', thrown => {
    error = thrown;
  });
  worker.once('message', () => worker.terminate());
  const [code, report] = await Promise.all([exitOf(worker), told]);
  return { code, report, error };
}

/** All seats but those are free, and every block can be had again. */
function expectAll(region: Region, pool: Pool, taken = [1]): void {
  region.check();
  const seats = region.inspect().seats.filter(({ state }) => state !== 'free');
  expect(seats.map(({ seat }) => seat)).toEqual(taken);
  expect(pool.liveCount).toBe(0);
  const handles = new Int32Array(CAPACITY);
  expect(pool.acquireBulk(handles, CAPACITY)).toBe(true);
  pool.releaseBulk(handles, CAPACITY);
}

function code(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error instanceof RingwellError ? error.code : (error as Error).name;
  }
  return 'nothing thrown';
}

describe.each([false, true])('a thread spawned with supervisor: %s', supervisor => {
  const taken = supervisor ? [1, 2] : [1];

  it.each([
    ['is done', 'done', 0],
    ['throws', 'throw', 1],
    ['leaves a rejection behind', 'reject', 1],
    ['calls process.exit', 'exit', 3],
    ['is terminated in a loop', 'loop', 1],
    ['is terminated while it waits for events', 'stay', 1],
  ])('that %s gives back what it held', async (_, end, exitCode) => {
    const { region, pool } = setUp();
    const { code, report, error } = await ends(region, end, { supervisor });
    expect(code).toBe(exitCode);
    expect(error !== undefined).toBe(end === 'throw' || end === 'reject');
    // Two that it held, and those of its stock.
    expect(report.blocksReclaimed).toBeGreaterThanOrEqual(2);
    expectAll(region, pool, taken);
  });

  it('that detached before leaves nothing to recover', async () => {
    const { region, pool } = setUp();
    const { report } = await ends(region, 'detach', { supervisor });
    expect(report.blocksReclaimed).toBe(0);
    // What it held is nobody's now, as after every detach.
    expect(pool.liveCount).toBe(2);
  });

  it('that never attached leaves a free seat', async () => {
    const { region, pool } = setUp(supervisor ? 3 : 2);
    for (let i = 0; i < 3; i++) await ends(region, 'never attached', { supervisor });
    expectAll(region, pool, taken);
  });

  it('whose file is not there leaves a free seat', async () => {
    const { region, pool } = setUp(supervisor ? 3 : 2);
    let worker: Worker;
    const recovered = new Promise<RecoveryReport>(resolve => {
      worker = spawn(region, new URL('./no-such-file.mjs', import.meta.url), { supervisor, onRecovered: resolve });
    });
    const [[error], report] = await Promise.all([once(worker!, 'error'), recovered]);
    expect(report.blocksReclaimed).toBe(0);
    expect(error.code).toBe('MODULE_NOT_FOUND');
    expectAll(region, pool, taken);
  });

  it('that ran out of memory gives back what it held', async () => {
    const { region, pool } = setUp();
    const { error } = await ends(region, 'memory', { supervisor, resourceLimits: { maxOldGenerationSizeMb: 16 } });
    expect(error).toMatchObject({ code: 'ERR_WORKER_OUT_OF_MEMORY' });
    expectAll(region, pool, taken);
  });

  it('and terminated with others at the same moment, some with the lock of a heap, is recovered', async () => {
    const { region, pool } = setUp();
    const heap = Heap.create({ region, name: 'heap', byteLength: 2 ** 21, caches: false });
    for (let round = 0; round < 4; round++) {
      const recovered: Promise<unknown>[] = [];
      const workers = Array.from({ length: 4 }, () => {
        let worker: Worker;
        const workerData = { end: 'heap' };
        recovered.push(
          new Promise(onRecovered => {
            worker = spawn(region, url, { supervisor, workerData, onRecovered });
          }),
        );
        return worker!;
      });
      await Promise.all(workers.map(worker => once(worker, 'message')));
      await Promise.all([...workers.map(worker => worker.terminate()), ...recovered]);
      expectAll(region, pool, taken);
      heap.check();
      expect(heap.stats().liveBlocks).toBe(0);
    }
  });

  it('that is started wrongly leaves a free seat, and the error of Node', async () => {
    const { region, pool } = setUp(supervisor ? 3 : 2);
    const first = supervisor ? await ends(region, 'done', { supervisor }) : undefined;
    expect(first?.code ?? 0).toBe(0);
    expect(code(() => spawn(region, 'not/a/path', { supervisor }))).toBe('TypeError');
    expect(code(() => spawn(region, url, { supervisor, workerData: { cannot: () => 'be cloned' } }))).toBe(
      'DataCloneError',
    );
    expect(code(() => spawn(region, url, { supervisor, env: 7 as never }))).toBe('TypeError');
    expectAll(region, pool, taken);
    expect((await ends(region, 'done', { supervisor })).code).toBe(0);
  });
});

describe('spawn', () => {
  it('gives the seat before the exit listeners of the program run', async () => {
    const { region, pool } = setUp(2);
    const worker = spawn(region, url, { workerData: { end: 'exit' } });
    const state = await new Promise(resolve => worker.once('exit', () => resolve(region.inspect().seats[1]!.state)));
    expect([state, pool.liveCount]).toEqual(['free', 0]);
  });

  it('passes on what Worker takes', async () => {
    const { region } = setUp();
    const source = `const { workerData, parentPort } = require('node:worker_threads');
      workerData.port.postMessage([workerData.more, workerData.region.ringwell, process.argv[2], process.env.SPAWNED]);`;
    for (const supervisor of [false, true]) {
      const { port1, port2 } = new MessageChannel();
      const worker = spawn(region, source, {
        eval: true,
        argv: ['--word'],
        env: { SPAWNED: 'yes' },
        workerData: { more: [1, 2], port: port2 },
        transferList: [port2],
        supervisor,
      });
      const exit = exitOf(worker);
      const message = new Promise(resolve => {
        port1.onmessage = ({ data }) => resolve(data);
      });
      expect(await message).toEqual([[1, 2], 1, '--word', 'yes']);
      await exit;
      port1.close();
    }
  });

  it('refuses what it cannot do', () => {
    const { region } = setUp(2);
    expect(code(() => spawn({} as never, url))).toBe('ERR_USAGE');
    expect(code(() => spawn(region, url, null as never))).toBe('ERR_USAGE');
    expect(code(() => spawn(region, url, { supervisor: 1 as never }))).toBe('ERR_USAGE');
    expect(code(() => spawn(region, url, { onRecovered: {} as never }))).toBe('ERR_USAGE');
    for (const workerData of [1, 'x', null, [1], new Map(), new Uint8Array(2), { region: 1 }])
      expect(code(() => spawn(region, url, { workerData }))).toBe('ERR_USAGE');
    expect(code(() => spawn(Region.create({ maxByteLength: 2 ** 16, shared: false }), url))).toBe('ERR_USAGE');
    region.share();
    expect(code(() => spawn(region, url))).toBe('ERR_SEAT');
    expect(code(() => spawn(region, url, { supervisor: true }))).toBe('ERR_SEAT');
    region.detach();
    expect(code(() => spawn(region, url))).toBe('ERR_SEAT');
  });

  it('leaves seats alone once its thread has left the region', async () => {
    const { region } = setUp();
    const other = Region.attach(region.share());
    const worker = spawn(region, url, { workerData: { end: 'stay' } });
    const [seat] = await once(worker, 'message');
    region.detach();
    await worker.terminate();
    expect(other.inspect().seats.find(report => report.seat === seat)?.state).toBe('attached');
    expect(other.recover(seat).blocksReclaimed).toBeGreaterThanOrEqual(2);
  });

  it('recovers the threads of a thread with it, and those of its supervisor', async () => {
    const { region, pool } = setUp();
    let worker: Worker;
    const recovered = new Promise<RecoveryReport>(resolve => {
      worker = spawn(region, url, { workerData: { end: 'spawn' }, onRecovered: resolve });
    });
    // This one, it, its two and its supervisor.
    expect(await once(worker!, 'message')).toEqual([5]);
    await worker!.terminate();
    // Later than the end when its supervisor died with the lock, for it had heard of the end of the others.
    await recovered;
    expectAll(region, pool);
  });

  it('lets a parent block that has a supervisor', async () => {
    // The parent waits for what nobody will send; then for the blocks of threads that died before it could hear of it.
    const { code, output } = await runChild(`
      import { Pool, Region, Ring } from 'DIST/index.js';
      import { spawn } from 'DIST/node/index.js';
      const region = Region.create({ maxByteLength: 2 ** 20, seats: 8 });
      const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 4 });
      const ring = Ring.create({ region, name: 'ring', capacity: 4 });
      for (const end of ['throw', 'exit', 'send'])
        spawn(region, new URL('${url.href}'), { supervisor: true, execArgv: [], workerData: { end, blocks: 4 } }).on('error', () => {});
      const got = ring.dequeueWait(20_000);
      const handles = Array.from({ length: 4 }, () => pool.acquireWait(20_000));
      console.log(got, handles.filter(handle => handle !== 0).length);
    `);
    expect([code, output.trim()]).toEqual([0, '7 4']);
  });

  it('does not hold the program open, nor does the supervisor', async () => {
    const started = performance.now();
    const { code, output } = await runChild(`
      import { Region } from 'DIST/index.js';
      import { spawn } from 'DIST/node/index.js';
      const region = Region.create({ maxByteLength: 2 ** 16, seats: 4 });
      const worker = spawn(region, 'setInterval(() => {}, 1000)', { eval: true, supervisor: true });
      worker.once('online', () => { worker.unref(); console.log('online'); });
    `);
    expect([code, output.trim()]).toEqual([0, 'online']);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('tells of the recovery also where the program has nothing else to do', async () => {
    const { code, output } = await runChild(`
      import { Region } from 'DIST/index.js';
      import { spawn } from 'DIST/node/index.js';
      const region = Region.create({ maxByteLength: 2 ** 16, seats: 4 });
      for (let i = 0; i < 10; i++)
        await new Promise(onRecovered => spawn(region, '0', { eval: true, supervisor: true, onRecovered }));
      console.log('told');
    `);
    expect([code, output.trim()]).toEqual([0, 'told']);
  });

  it('leaves free seats where no thread may be started', async () => {
    const permission = Number(process.versions.node.split('.')[0]) < 23 ? '--experimental-permission' : '--permission';
    const { output } = await runChild(
      `
      import { Region } from 'DIST/index.js';
      import { spawn } from 'DIST/node/index.js';
      const region = Region.create({ maxByteLength: 2 ** 16, seats: 3 });
      for (const supervisor of [false, true]) {
        try {
          spawn(region, '0', { eval: true, supervisor });
        } catch ({ code }) {
          console.log(code, region.inspect().seats.filter(({ state }) => state !== 'free').length);
        }
      }`,
      [permission, '--allow-fs-read=*', '--no-warnings'],
    );
    expect(output.trim().split('\n')).toEqual(['ERR_ACCESS_DENIED 1', 'ERR_ACCESS_DENIED 1']);
  });

  it('takes over from a supervisor that was recovered while it ran', async () => {
    const { region, pool } = setUp();
    const worker = spawn(region, url, { supervisor: true, workerData: { end: 'stay' } });
    const [seat] = await once(worker, 'message');
    expect(seat).toBe(3);
    region.recover(2);
    await worker.terminate();
    region.recover(seat);
    expectAll(region, pool);
  });

  it('recovers the threads of a supervisor that has ended, also when there is another one by then', async () => {
    const { code, output } = await runChild(`
      import { once } from 'node:events';
      import { syncBuiltinESMExports } from 'node:module';
      import threads from 'node:worker_threads';
      const made = [];
      threads.Worker = class extends threads.Worker {
        constructor(...given) {
          super(...given);
          made.push(this);
        }
      };
      syncBuiltinESMExports();
      const { Region } = await import('DIST/index.js');
      const { spawn } = await import('DIST/node/index.js');
      const region = Region.create({ maxByteLength: 2 ** 16, seats: 8 });
      const stay = 'setInterval(() => {}, 1000)';
      const start = onRecovered => spawn(region, stay, { eval: true, supervisor: true, onRecovered });
      let first;
      const recovered = new Promise(resolve => { first = start(() => resolve('told')); });
      await once(first, 'online');
      made[0].terminate();
      await once(made[0], 'exit');
      const second = start();
      await first.terminate();
      console.log(await Promise.race([recovered, new Promise(resolve => setTimeout(resolve, 3000, 'not told'))]));
      second.terminate();
    `);
    expect([code, output.trim()]).toEqual([0, 'told']);
  });
});
