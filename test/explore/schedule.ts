/**
 * Schedules as text that a shell takes as it is: steps joined by dots, each a thread's number and then
 *
 *     x5   five plain steps      k   it dies      t   its wait times out      h2   it reads the second older value of a hint word
 */
import { ExplorerError } from './access.js';
import { KILL, TIME_OUT } from './machine.js';
import type { Schedule } from './search.js';

/** A schedule as text. */
export function textOfSchedule(schedule: Schedule): string {
  const parts: string[] = [];
  for (let i = 0; i < schedule.length; i++) {
    const thread = schedule[i]! >>> 6;
    const variant = schedule[i]! & 63;
    if (variant === 0) {
      const from = i;
      while (schedule[i + 1] === schedule[from]) i++;
      parts.push(`${thread}x${i - from + 1}`);
    } else {
      parts.push(`${thread}${variant === KILL ? 'k' : variant === TIME_OUT ? 't' : `h${variant}`}`);
    }
  }
  return parts.join('.');
}

/** The schedule that a text stands for. */
export function scheduleOf(text: string): Schedule {
  if (text === '') return [];
  return text.split('.').flatMap(part => {
    const found = /^(\d+)(?:(x)(\d+)|(h)(\d+)|(k)|(t))$/.exec(part);
    if (found === null) throw new ExplorerError(`Cannot replay '${text}': '${part}' is no step`);
    const base = Number(found[1]) * 64;
    if (found[2] !== undefined) return Array.from({ length: Number(found[3]) }, () => base);
    if (found[4] !== undefined) return [base + Number(found[5])];
    return [base + (found[6] === undefined ? TIME_OUT : KILL)];
  });
}
