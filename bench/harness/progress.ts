import { Presets, SingleBar } from 'cli-progress';

/** A bar on the standard error, when that is a terminal. */
export function progress(label: string): { onRound: (done: number, total: number) => void; stop: () => void } {
  const bar = new SingleBar(
    { format: `${label} [{bar}] {value}/{total} rounds`, stream: process.stderr, noTTYOutput: false, hideCursor: true },
    Presets.legacy,
  );
  bar.start(1, 0);
  return {
    onRound: (done, total) => {
      bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar.stop(),
  };
}
