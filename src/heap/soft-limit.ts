import type { HeapOptions } from './heap-base.js';

/** Tells of reserved bytes that have grown beyond a limit, once each time that happens. */
export class SoftLimit {
  private readonly bytes: number;
  private readonly onCrossed: (reservedBytes: number) => void;
  private isBeyond = false;

  constructor(bytes: number, onCrossed: (reservedBytes: number) => void) {
    this.bytes = bytes;
    this.onCrossed = onCrossed;
  }

  look(reservedBytes: number): void {
    const crossed = reservedBytes > this.bytes && !this.isBeyond;
    this.isBeyond = reservedBytes > this.bytes;
    if (crossed) this.onCrossed(reservedBytes);
  }
}

/** The limit that a heap's options name, or undefined when nobody is to be told. */
export function softLimitOf({ softLimitBytes, onSoftLimit }: HeapOptions): SoftLimit | undefined {
  if (onSoftLimit === undefined) return undefined;
  return new SoftLimit(softLimitBytes ?? Number.POSITIVE_INFINITY, onSoftLimit);
}
