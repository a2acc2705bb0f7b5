/** One thread of a stream's round: the writer of numbered words, or their reader. */
import { ByteRing, Region, type RegionToken } from 'ringwell';
import { crewTask, joinCrew } from '../harness/crew.js';

export interface StreamTask {
  readonly region: RegionToken;
  readonly role: 'writer' | 'reader';
  readonly bytes: number;
}

const task = crewTask<StreamTask>();
const ring = ByteRing.attach(Region.attach(task.region), 'ring');
const piece = new Uint8Array(task.bytes);
const words = new Int32Array(piece.buffer);

function write(count: number): number {
  for (let i = 0; i < count; i++) {
    words[0] = i;
    ring.writeWait(piece);
  }
  return count;
}

/** Answers how many pieces came with their number. */
function read(count: number): number {
  let right = 0;
  for (let i = 0; i < count; i++) {
    ring.readWait(piece, task.bytes);
    if (words[0] === i) right++;
  }
  return right;
}

joinCrew(task.role === 'writer' ? write : read);
