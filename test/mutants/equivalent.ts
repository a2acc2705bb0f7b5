/**
 * Mutants that nothing can notice, each with the reason. `main.ts` fails when one of these no longer exists, or is noticed
 * after all.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([]);
