/** One way to get messages of 64 bytes to another thread: `node transport-contender.js KIND`. Every round's sum is compared. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { ByteRing, MessageRing, Region } from 'ringwell';
import { serve, verify } from '../harness/serve.js';
import { MESSAGE_BYTES, newTally, Sending } from './tally.js';
import type { TransportTask } from './transport-worker.js';

type Send = (bytes: Uint8Array) => unknown;
const require = createRequire(import.meta.url);
const kind = process.argv[2] ?? 'message ring';
const tally = newTally();
const sending = new Sending(tally);
const { payloads } = sending;

function receiver(task: Omit<TransportTask, 'kind' | 'tally'>): Worker {
  const transferList = task.port === undefined ? [] : [task.port];
  const workerData: TransportTask = { kind, tally, ...task };
  return new Worker(new URL('./transport-worker.js', import.meta.url), { workerData, transferList });
}

/** Sends the messages of a round one after the other, each when the one before was taken. */
function inOrder(send: Send): (messages: number) => Promise<number> {
  return messages => {
    sending.begin(messages);
    for (let i = 0; i < messages; i++) send(payloads[i & 63]!);
    return sending.end(messages);
  };
}

const kinds: Record<string, () => Promise<(messages: number) => Promise<number>>> = {
  'message ring': async () => {
    const region = Region.create({ seats: 4 });
    const ring = MessageRing.create({ region, name: 'ring', capacity: 2 ** 18 });
    receiver({ region: region.share() });
    return inOrder(bytes => ring.sendWait(bytes, 1));
  },
  'byte ring': async () => {
    const region = Region.create({ seats: 4 });
    const ring = ByteRing.create({ region, name: 'ring', capacity: 2 ** 18 });
    receiver({ region: region.share() });
    return inOrder(bytes => ring.writeWait(bytes));
  },
  postMessage: async () => {
    const worker = receiver({});
    return inOrder(bytes => worker.postMessage(bytes));
  },
  MessageChannel: async () => {
    const { port1, port2 } = new MessageChannel();
    receiver({ port: port2 });
    return inOrder(bytes => port1.postMessage(bytes));
  },
  'thread-stream': async () => {
    const ThreadStream = require('thread-stream') as new (
      options: object,
    ) => NodeJS.EventEmitter & { write: (text: string) => boolean };
    const filename = fileURLToPath(new URL('./thread-stream-worker.js', import.meta.url));
    const stream = new ThreadStream({ filename, workerData: { tally }, sync: false });
    const texts = payloads.map(bytes => Buffer.from(bytes).toString('latin1'));
    return async messages => {
      sending.begin(messages);
      for (let i = 0; i < messages; i++) if (!stream.write(texts[i & 63]!)) await once(stream, 'drain');
      return sending.end(messages);
    };
  },
  piscina: async () => {
    const { Piscina } = await import('piscina');
    const filename = fileURLToPath(new URL('./piscina-worker.js', import.meta.url));
    const pool = new Piscina({ filename, maxThreads: 1, minThreads: 1, concurrentTasksPerWorker: 64 });
    return async messages => {
      const answers: Promise<number>[] = [];
      for (let i = 0; i < messages; i++) answers.push(pool.run(payloads[i & 63]!) as Promise<number>);
      const sum = (await Promise.all(answers)).reduce((total, answer) => total + answer, 0);
      let expected = 0;
      for (let i = 0; i < messages; i++) expected += 2 * (32 + (i & 63));
      verify(sum === expected, `${messages} messages came out as ${sum}, not ${expected}`);
      return sum;
    };
  },
  multithreading: async () => {
    const { channel, move, spawn } = await import('multithreading');
    return async messages => {
      const [tx, rx] = channel<string>(1024);
      spawn(move(tx, messages, MESSAGE_BYTES), async (sender, count, bytes) => {
        for (let i = 0; i < count; i++) await sender.send(String.fromCharCode(32 + (i & 63)).repeat(bytes));
      });
      let taken = 0;
      for await (const text of rx) {
        const expected = String.fromCharCode(32 + (taken & 63)).repeat(MESSAGE_BYTES);
        verify(text === expected, `message ${taken} came out as ${JSON.stringify(text)}`);
        taken++;
        if (taken === messages) break;
      }
      return taken;
    };
  },
  'multithreading, a number': async () => {
    const { channel, move, spawn } = await import('multithreading');
    return async messages => {
      const [tx, rx] = channel<number>(1024);
      spawn(move(tx, messages), async (sender, count) => {
        for (let i = 0; i < count; i++) await sender.send(i);
      });
      let taken = 0;
      for await (const value of rx) {
        verify(value === taken, `message ${taken} came out as ${value}`);
        taken++;
        if (taken === messages) break;
      }
      return taken;
    };
  },
};

const round = await kinds[kind]!();
await round(1000);
await serve(kind.endsWith(' ring') ? `ringwell, ${kind}` : kind, round);
