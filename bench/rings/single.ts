/**
 * From one producer to one consumer: published one at a time, and 32 at a time. Everybody twice: sleeping when there is nothing
 * to do, and looking again at once.
 */
import { type Absent, type Contender, scripted } from '../harness/contender.js';
import { atLeast } from '../harness/gates.js';
import { native } from '../harness/native.js';
import type { Group } from './group.js';

const ITEMS = 1_000_000;
const MESSAGES = 100_000;
const flow = new URL('./flow.js', import.meta.url);

async function contendersThat(spins: boolean): Promise<(Contender | Absent)[]> {
  const suffix = spins ? '-spins' : '';
  const label = spins ? ' spinning' : '';
  const ours = (key: string, name: string, form: string, size: number): Contender => {
    const args = ['single', form, String(size), ...(spins ? ['spins'] : [])];
    return scripted(`${key}${suffix}`, `${name}${label}`, ITEMS, flow, ...args);
  };
  const boost = async (size: number): Promise<Contender | Absent> =>
    await native({
      key: `spsc-${size}${suffix}`,
      label: `boost::lockfree::spsc_queue, ${size} at a time${spins ? ' yielding' : ''}`,
      operations: ITEMS,
      source: 'ring-spsc.cpp',
      args: [String(size), ...(spins ? ['yields'] : [])],
      package: 'libboost-dev',
    });
  return [
    ours('one', 'ring, one at a time', 'one', 1),
    ours('ringbuf-1', 'ringbuf.js, one at a time', 'ringbuf', 1),
    await boost(1),
    ours('staged-32', 'ring, staged, flushed every 32, in bursts', 'staged', 32),
    ours('bulk-32', 'ring, bulk of 32', 'bulk', 32),
    ours('ringbuf-32', 'ringbuf.js, arrays of 32', 'ringbuf', 32),
    await boost(32),
  ];
}

export const single: Group = {
  name: 'single',
  operation: 'item',
  unit: 'M/s',
  gates: [
    ...['', '-spins'].flatMap(spins => [
      atLeast(`one${spins}`, 3, `ringbuf-1${spins}`),
      atLeast(`one${spins}`, 8, 'message'),
      atLeast(`bulk-32${spins}`, 1, `ringbuf-32${spins}`),
    ]),
    atLeast('bulk-32-spins', 0.8, 'spsc-1-spins'),
  ],
  versus: ['', '-spins'].flatMap(spins => [
    { ours: `one${spins}`, peers: [`ringbuf-1${spins}`, `spsc-1${spins}`, 'message'] },
    ...['staged-32', 'bulk-32'].map(form => ({
      ours: `${form}${spins}`,
      peers: [`ringbuf-32${spins}`, `spsc-32${spins}`],
    })),
  ]),
  contenders: async () => [
    ...(await contendersThat(false)),
    ...(await contendersThat(true)),
    scripted('message', 'postMessage', MESSAGES, new URL('./post-message.js', import.meta.url)),
  ],
};
