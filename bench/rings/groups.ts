/** The groups of rows of `bench:rings`. A new one is one more file and one more name here. */
import type { Group } from '../harness/group.js';
import { batches } from './batches.js';
import { broadcast } from './broadcast.js';
import { latency } from './latency.js';
import { many } from './many.js';
import { messages } from './messages.js';
import { several } from './several.js';
import { single } from './single.js';

export const rings: readonly Group[] = [many, single, batches, messages, broadcast, several, latency];
