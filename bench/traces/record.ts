/**
 * Records what a program asks of malloc: `node bench/dist/traces/record.js NAME [--events N] -- COMMAND [ARGUMENTS]`. Compiles the
 * recorder, runs the command under it, numbers the blocks, and writes `bench/traces/NAME.trace.br`, or into another folder. Of several processes the one
 * that asked most is taken.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { Command } from 'commander';
import { count } from '../harness/options.js';

const folder = fileURLToPath(new URL('../../traces/', import.meta.url));

/** Gives every live block a number, one that is free before a new one: a replayer needs a table as long as the most that live at once. */
class Numbers {
  private readonly ofAddress = new Map<string, number>();
  private readonly free: number[] = [];
  private next = 0;

  take(address: string): number {
    const number = this.free.pop() ?? this.next++;
    this.ofAddress.set(address, number);
    return number;
  }

  /** Undefined for a block from before the recording. */
  give(address: string): number | undefined {
    const number = this.ofAddress.get(address);
    if (number === undefined) return undefined;
    this.ofAddress.delete(address);
    this.free.push(number);
    return number;
  }

  move(from: string, to: string): number {
    const number = this.ofAddress.get(from);
    if (number === undefined) return this.take(to);
    this.ofAddress.delete(from);
    this.ofAddress.set(to, number);
    return number;
  }

  has(address: string): boolean {
    return this.ofAddress.has(address);
  }
}

function convert(raw: string, eventsMax: number): { lines: string[]; events: number } {
  const numbers = new Numbers();
  const threads = new Map<string, number>();
  const lines: string[] = [];
  let current = -1;
  let events = 0;
  for (const line of raw.split('\n')) {
    const [what, thread, ...rest] = line.split(' ');
    if (!what || events === eventsMax) break;
    if (!threads.has(thread!)) threads.set(thread!, threads.size);
    const [first = '', second = '', third = ''] = rest;
    let event: string | undefined;
    if (what === 'm' || what === 'c') event = `${what} ${numbers.take(first)} ${second}`;
    else if (what === 'a') event = `a ${numbers.take(first)} ${second} ${third}`;
    else if (what === 'r') event = `${numbers.has(first) ? 'r' : 'm'} ${numbers.move(first, second)} ${third}`;
    else {
      const number = numbers.give(first);
      if (number !== undefined) event = `f ${number}`;
    }
    if (event === undefined) continue;
    if (current !== threads.get(thread!)) {
      current = threads.get(thread!)!;
      lines.push(`t ${current}`);
    }
    lines.push(event);
    events++;
  }
  return { lines, events };
}

const command = new Command('record')
  .argument('<name>', 'what the trace is called')
  .argument('<command...>', 'what to run')
  .option('--events <count>', 'stop after so many', count, 250_000)
  .option('--into <folder>', 'where to write it', folder)
  .parse();
const [name, program, ...args] = [command.args[0]!, command.args[1]!, ...command.args.slice(2)];
const { events: eventsMax, into } = command.opts<{ events: number; into: string }>();

const scratch = mkdtempSync(join(tmpdir(), 'ringwell-trace-'));
try {
  const shim = join(scratch, 'recorder.so');
  const compiler = process.env.CC ?? 'cc';
  execFileSync(compiler, ['-O2', '-shared', '-fPIC', '-pthread', join(folder, 'recorder.c'), '-o', shim, '-ldl']);
  const env = { ...process.env, LD_PRELOAD: shim, RINGWELL_TRACE: join(scratch, 'raw') };
  const { status } = spawnSync(program, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`Cannot record: ${program} ended with code ${status}`);
  const raws = readdirSync(scratch).filter(file => file.startsWith('raw.'));
  const sizeOf = (file: string): number => statSync(join(scratch, file)).size;
  const largest = raws.sort((a, b) => sizeOf(b) - sizeOf(a))[0];
  if (largest === undefined) throw new Error('Cannot record: nothing was written; is the program static?');
  const { lines, events } = convert(readFileSync(join(scratch, largest), 'latin1'), eventsMax);
  const what = [program, ...args].map(word => basename(word)).join(' ');
  const trace = `ringwell-trace 1\n# ${what}: ${events === eventsMax ? `the first ${events}` : events} events\n${lines.join('\n')}\n`;
  const packed = brotliCompressSync(trace, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
  writeFileSync(join(into, `${name}.trace.br`), packed);
  process.stdout.write(`${name}: ${events} events, ${packed.length} bytes\n`);
} finally {
  rmSync(scratch, { recursive: true });
}
