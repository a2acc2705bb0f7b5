/** `ringwell/node`: what needs Node. */

export {
  type BlockingTransferOptions,
  drainTo,
  drainToAsync,
  fillFrom,
  fillFromAsync,
  type TransferOptions,
} from './file-descriptor.js';
export { type SpawnOptions, spawn } from './spawn.js';
