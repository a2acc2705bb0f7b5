/** How often to look again before a thread parks: parking and waking cost some 10 us, two looks and a pause a tenth of one. */
export const SPINS: number = 40;

/** `Atomics.pause`, where the engine has it. */
const hint = (Atomics as unknown as { pause?: () => void }).pause;
let sink = 0;

/**
 * Lets the other hardware thread of a core, and the lines of memory that are looked at, alone for a moment: longer with every
 * try, so that a thread that looks often does not slow down the one it waits for.
 */
export function pause(tries: number): void {
  const rounds = 16 + 8 * tries;
  for (let i = 0; i < rounds; i++) {
    if (hint === undefined) sink = (sink + i) | 0;
    else hint.call(Atomics);
  }
}
