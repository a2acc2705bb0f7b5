/** What the project promises of one row against another. A gate is told beside the rows; it never fails a test. */
import type { Row } from './alternate.js';

export interface Gate {
  readonly claim: string;
  readonly ours: string;
  readonly peer: string;
  /** The ratio of medians: of times (at most the bound) or of rates (at least the bound). */
  readonly compares: 'time' | 'rate';
  readonly bound: number;
  /** As good: that many operations of ours in a second, whatever the peer does. */
  readonly orPerSecond?: number;
}

export interface Verdict {
  readonly claim: string;
  readonly compares: 'time' | 'rate' | 'memory';
  readonly bound: number;
  /** Undefined, like `holds`, when one of the two is absent. */
  readonly ratio?: number;
  readonly holds?: boolean;
}

/** `ours` takes at most `bound` times as long as `peer`. */
export function atMost(ours: string, bound: number, peer: string): Gate {
  return { claim: `${ours} takes <= ${bound} x ${peer}`, ours, peer, compares: 'time', bound };
}

/** `ours` does at least `bound` times as much in the same time as `peer`. */
export function atLeast(ours: string, bound: number, peer: string): Gate {
  return { claim: `${ours} does >= ${bound} x ${peer}`, ours, peer, compares: 'rate', bound };
}

/** `ours` does at least `bound` times as much in the same time as `peer`, or so many millions of operations in a second. */
export function atLeastOr(ours: string, bound: number, peer: string, millions: number): Gate {
  const claim = `${ours} does >= ${bound} x ${peer}, or >= ${millions} M/s`;
  return { ...atLeast(ours, bound, peer), claim, orPerSecond: millions * 1e6 };
}

export function judge(gates: readonly Gate[], rows: readonly Row[]): Verdict[] {
  return gates.map(({ claim, ours, peer, compares, bound, orPerSecond = Number.POSITIVE_INFINITY }) => {
    const oursNs = medianNs(rows, ours);
    const peerNs = medianNs(rows, peer);
    if (oursNs === undefined || peerNs === undefined) return { claim, compares, bound };
    const ratio = compares === 'time' ? oursNs / peerNs : peerNs / oursNs;
    const holds = (compares === 'time' ? ratio <= bound : ratio >= bound) || 1e9 / oursNs >= orPerSecond;
    return { claim, compares, bound, ratio, holds };
  });
}

function medianNs(rows: readonly Row[], key: string): number | undefined {
  const row = rows.find(one => one.key === key);
  return row !== undefined && 'ns' in row ? row.ns.median : undefined;
}
