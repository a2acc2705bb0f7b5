let turns = 0;
const { pause } = Atomics as { pause?: () => void };

/** Keeps the core for some 50 ns before the next look, as a thread does that has one to itself. */
export function spin(): void {
  if (pause !== undefined) pause();
  else for (let i = 0; i < 64; i++) turns = (turns + 1) | 0;
}
