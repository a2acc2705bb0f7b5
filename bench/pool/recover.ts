/**
 * How long it takes to recover a dead seat in a pool of 64 Ki blocks, in the process's first recovery, when nothing is compiled yet,
 * and in later ones. Argument: how the blocks stand, a key of `SCENES`. Prints nanoseconds, the first one first, as
 * JSON.
 */
import { Pool, Region } from 'ringwell';

const BLOCKS = 65536;
const LATER = 10;

/** What the dead seat, and the one that lives, did before. */
const SCENES: Record<string, (dead: Pool, living: Pool) => void> = {
  untouched: () => {},
  'the living hold all': (_dead, living) => take(living, BLOCKS),
  'the dead held half': (dead, living) => {
    take(living, BLOCKS / 2);
    take(dead, BLOCKS / 2);
  },
  'the dead held all': dead => take(dead, BLOCKS),
  'all free, all used before': (_dead, living) => {
    const handles = take(living, BLOCKS);
    living.releaseBulk(handles, BLOCKS);
  },
  'the dead held all, others released them': (dead, living) => {
    const handles = take(dead, BLOCKS);
    living.releaseBulk(handles, BLOCKS);
  },
};

const times: number[] = [];

function take(pool: Pool, count: number): Int32Array {
  const handles = new Int32Array(count);
  if (!pool.acquireBulk(handles, count)) throw new Error(`Cannot measure: no ${count} blocks to be had`);
  return handles;
}

const scene = SCENES[process.argv[2]!]!;
for (let i = 0; i <= LATER; i++) {
  const region = Region.create({ maxByteLength: 2 ** 24, seats: 16 });
  const living = Pool.create({ region, name: 'pool', blockBytes: 64, capacity: BLOCKS });
  const token = region.share();
  scene(Pool.attach(Region.attach(token), 'pool'), living);
  const start = process.hrtime.bigint();
  const { blocksReclaimed } = region.recover(token);
  times.push(Number(process.hrtime.bigint() - start));
  if (blocksReclaimed > BLOCKS) throw new Error('Cannot measure: more came back than there is');
}
process.stdout.write(JSON.stringify(times));
