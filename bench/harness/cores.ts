/** The core that contenders of one thread keep to, so that none is moved to another in the middle of a round. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Absent, Contender } from './contender.js';

/** The last one that this process may use; undefined where `taskset` is missing or not allowed. */
const sharedCore: number | undefined = findCore();

function findCore(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]!;
    const core = Number(allowed.split(/[,-]/).pop());
    execFileSync('taskset', ['-c', String(core), 'true'], { stdio: 'ignore' });
    return core;
  } catch {
    return undefined;
  }
}

/** Contenders of one thread, each kept to that core if there is one. */
export function onOneCore(contenders: readonly (Contender | Absent)[]): (Contender | Absent)[] {
  return contenders.map(one => ('command' in one && sharedCore !== undefined ? { ...one, core: sharedCore } : one));
}
