/** One item there and back: between threads that spin, and with one that has parked. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Row } from '../harness/alternate.js';
import { scripted } from '../harness/contender.js';
import { atMost } from '../harness/gates.js';
import { native } from '../harness/native.js';
import { summarize } from '../harness/samples.js';
import type { Group } from './group.js';

const TRIPS = 200_000;
const SAMPLES = 2000;
const ping = new URL('./ping.js', import.meta.url);
const PERCENTILES = { p50: 0.5, p99: 0.99, 'p99.9': 0.999 };

function parked(rounds: number): Row[] {
  const script = fileURLToPath(new URL('./parked.js', import.meta.url));
  const output = execFileSync(process.execPath, [script, String(rounds), String(SAMPLES)], { encoding: 'utf8' });
  const taken = (JSON.parse(output) as number[][]).map(round => round.sort((a, b) => a - b));
  return Object.entries(PERCENTILES).map(([key, part]) => ({
    key: `parked-${key}`,
    label: `ring, the other thread parked, ${key}`,
    name: 'ringwell',
    operations: SAMPLES,
    ns: summarize(taken.map(round => round[Math.ceil(part * round.length) - 1]!)),
  }));
}

export const latency: Group = {
  name: 'latency',
  operation: 'round trip',
  unit: 'ns',
  gates: [atMost('ping-single', 2, 'ping-native'), atMost('ping-multi', 2, 'ping-native')],
  contenders: async () => [
    scripted('ping-single', 'two single/single rings, spinning', TRIPS, ping, 'single'),
    scripted('ping-multi', 'two multi/multi rings, spinning', TRIPS, ping, 'multi'),
    await native({ key: 'ping-native', label: 'C++, two words, spinning', operations: TRIPS, source: 'ping-pong.cpp' }),
  ],
  others: rounds => parked(Math.min(rounds, 5)),
};
