/** So many acquires of a thread are all noted; then one in SITE_EVERY. Taking a stack costs a hundred times what a pair does. */
const SITES_FIRST = 1024;
const SITE_EVERY = 1024;
/** Lines of a stack that are shown, and sites of a report. */
const SHOWN_LINES = 4;
const SHOWN_SITES = 20;

/** Where this thread acquired its blocks: the last acquire of each, as far as it was noted. */
export class Sites {
  readonly indexMask: number;
  private readonly handles: Int32Array;
  private readonly stacks: (Error | undefined)[];
  private count = 0;

  constructor(indexMask: number) {
    this.indexMask = indexMask;
    this.handles = new Int32Array(indexMask + 1);
    this.stacks = new Array<Error | undefined>(indexMask + 1);
  }

  /** Notes an acquire. */
  note(handle: number): void {
    const index = handle & this.indexMask;
    this.handles[index] = handle;
    this.count = (this.count + 1) | 0;
    if (this.count >= 0 && this.count <= SITES_FIRST) this.stacks[index] = new Error('acquired');
    else if ((this.count & (SITE_EVERY - 1)) === 0) this.stacks[index] = new Error('acquired');
    else if (this.stacks[index] !== undefined) this.stacks[index] = undefined;
  }

  /** A sentence's end: where a block was acquired, in this life of it or the one before. */
  of(handle: number, exact: boolean): string {
    const index = handle & this.indexMask;
    const noted = this.handles[index]!;
    if (noted === 0 || (exact && noted !== handle)) return 'acquired by another thread';
    const site = this.siteAt(index);
    return site === undefined ? `acquired by this thread (one acquire in ${SITE_EVERY} is noted)` : `acquired ${site}`;
  }

  /** What is still live of what this thread has acquired, by site; undefined when there is nothing. */
  report(isHeld: (handle: number) => boolean): string | undefined {
    const counts = new Map<string, number>();
    let live = 0;
    for (let index = 0; index <= this.indexMask; index++) {
      const handle = this.handles[index]!;
      if (handle === 0 || !isHeld(handle)) continue;
      live++;
      const site = this.siteAt(index) ?? `at a site that was not noted (one acquire in ${SITE_EVERY} is)`;
      counts.set(site, (counts.get(site) ?? 0) + 1);
    }
    if (live === 0) return undefined;
    const sites = [...counts].sort((a, b) => b[1] - a[1]);
    const lines = sites.slice(0, SHOWN_SITES).map(([site, count]) => `  ${count} acquired ${site}`);
    if (sites.length > SHOWN_SITES) lines.push(`  and ${sites.length - SHOWN_SITES} more sites`);
    return [`${live} ${live === 1 ? 'block was' : 'blocks were'} never released`, ...lines].join('\n');
  }

  private siteAt(index: number): string | undefined {
    const stack = this.stacks[index]?.stack;
    if (stack === undefined) return undefined;
    // Without the message, and without the pool's own files.
    const lines = stack
      .split('\n')
      .filter(line => /\d/.test(line) && !/[/\\](pool|sites|treated-pool|pool-base)\.[jt]s/.test(line));
    return (
      lines
        .slice(0, SHOWN_LINES)
        .map(line => line.trim())
        .join(' < ') || undefined
    );
  }
}
