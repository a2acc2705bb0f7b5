/** `ringwell/node`: what needs Node. */

export { drainTo, drainToAsync, fillFrom, fillFromAsync, type TransferOptions } from './file-descriptor.js';
