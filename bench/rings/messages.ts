/** Messages of 64 bytes from two producers to one consumer. Three threads: with two cores, who spins may spin on another's core. */
import { scripted } from '../harness/contender.js';
import { atLeastOr } from '../harness/gates.js';
import { type NativeContender, native } from '../harness/native.js';
import type { Group } from './group.js';

const MESSAGES = 1_000_000;
const module = new URL('./message.js', import.meta.url);

function nativeRing(key: string, label: string, ...args: string[]): NativeContender {
  return { key, label, operations: MESSAGES, source: 'ring-messages.cpp', args: ['2', ...args] };
}

export const messages: Group = {
  name: 'messages',
  operation: 'message',
  unit: 'M/s',
  gates: [atLeastOr('send', 0.5, 'native', 5)],
  contenders: async () => [
    scripted('send', 'message ring, send', MESSAGES, module, 'send'),
    scripted('claim', 'message ring, claim and commit', MESSAGES, module, 'claim'),
    // One after the other: the second finds compiled what the first compiled.
    await native(nativeRing('native', 'C++, same protocol', 'sleeps')),
    await native(nativeRing('agrona', 'C++, Agrona', 'sleeps', 'agrona')),
    scripted('send-spins', 'message ring, send, spinning', MESSAGES, module, 'send', 'spins'),
    await native(nativeRing('native-yields', 'C++, same protocol, yielding', 'yields')),
    await native(nativeRing('agrona-yields', 'C++, Agrona, yielding', 'yields', 'agrona')),
  ],
};
