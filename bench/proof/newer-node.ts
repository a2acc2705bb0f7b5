/** What `multithreading` asks of Node 22, put in for older ones. Loaded with `--import`, so that its threads have it, too. */
import { availableParallelism } from 'node:os';

if (!('navigator' in globalThis)) {
  Object.defineProperty(globalThis, 'navigator', { value: { hardwareConcurrency: availableParallelism() } });
}
if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    value() {
      let resolve: unknown;
      let reject: unknown;
      const promise = new Promise((...both) => {
        [resolve, reject] = both;
      });
      return { promise, resolve, reject };
    },
  });
}
