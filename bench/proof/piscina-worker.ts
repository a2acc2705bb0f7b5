/** The task of piscina's threads: what a receiver would do with a message. */
import { MESSAGE_BYTES } from './tally.js';

export default function task(bytes: Uint8Array): number {
  return bytes[0]! + bytes[MESSAGE_BYTES - 1]!;
}
