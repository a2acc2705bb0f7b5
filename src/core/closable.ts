/** What can be closed: nothing more goes in, what is in it can still be taken. */
export interface Closable {
  /** Idempotent; wakes everyone who waits. By any thread. */
  close(): void;
  readonly closed: boolean;
  [Symbol.dispose](): void;
}
