/** What can be closed: nothing more goes in, what is in it can still be taken. */
export interface Closable {
  /** Idempotent; wakes everyone who waits. By any thread. */
  close(): void;
  /** Whether it was closed, by any thread. There may still be something in it. */
  readonly closed: boolean;
  [Symbol.dispose](): void;
}
