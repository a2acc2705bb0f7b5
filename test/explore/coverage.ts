/**
 * Which shared accesses of the shipped core modules the programs have come by: executed, and killed at (a thread died just
 * before). Those that cannot be reached are excused in excuses.ts, each with its reason; an excuse that is not needed is an error too.
 */
import { killedSites, reachedSites, type Site, sites } from './access.js';
import { EXCUSES, type Excuse } from './excuses.js';

interface Missed {
  readonly name: string;
  readonly site: Site;
  readonly what: 'executed' | 'killed at';
  readonly excuse: Excuse | undefined;
}

/** How many shared accesses there are in the core modules loaded so far, and how many were executed and killed at. */
export function siteCounts(): { sites: number; reached: number; killed: number } {
  const shipped = sites.flatMap((site, i) => (site.isShipped ? [i] : []));
  return {
    sites: shipped.length,
    reached: shipped.filter(i => reachedSites[i]).length,
    killed: shipped.filter(i => killedSites[i]).length,
  };
}

function missed(): Missed[] {
  return sites.flatMap((site, i) => {
    if (!site.isShipped || (reachedSites[i] && killedSites[i])) return [];
    const name = `${site.file}:${site.fn}`;
    const what = reachedSites[i] ? 'killed at' : 'executed';
    const excuse = EXCUSES.find(
      ({ at, only }) => (at === name || at === `${name}:${site.text}`) && (only !== 'kill' || what === 'killed at'),
    );
    return [{ name, site, what, excuse }];
  });
}

function idleExcuses(all: readonly Missed[]): Excuse[] {
  return EXCUSES.filter(excuse => !all.some(m => m.excuse === excuse));
}

/** Whether every shared access was executed and killed at, or is excused, and every excuse is needed. */
export function isCovered(): boolean {
  const all = missed();
  return all.every(m => m.excuse !== undefined) && idleExcuses(all).length === 0;
}

/** What was missed, excused or not, as text. */
export function coverageReport(): string {
  const all = missed();
  const line = ({ site, what, excuse }: Missed): string =>
    `  ${excuse === undefined ? 'MISSED ' : 'excused'} ${site.file}:${site.line} ${site.fn}: ${site.text} was not ${what}${excuse === undefined ? '' : `: ${excuse.why}`}`;
  const idle = idleExcuses(all).map(({ at }) => `  IDLE    the excuse for ${at} is not needed`);
  const excused = all.filter(m => m.excuse !== undefined).length;
  return [
    `coverage: ${all.length - excused} shared accesses missed, ${excused} excused`,
    ...all.map(line),
    ...idle,
  ].join('\n');
}
