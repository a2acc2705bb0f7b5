import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExplorerError, sites } from '../explore/access.js';
import { programs as hints } from '../explore/canaries/hint.explore.js';
import { programs as queues } from '../explore/canaries/mpmc.explore.js';
import { programs as mutexes } from '../explore/canaries/mutex.explore.js';
import { programs as robust } from '../explore/canaries/robust.explore.js';
import { programs as semaphores } from '../explore/canaries/semaphore.explore.js';
import { programs as solos } from '../explore/canaries/solo.explore.js';
import { programs as counters } from '../explore/canaries/spsc.explore.js';
import { programs as stacks } from '../explore/canaries/stack.explore.js';
import { explore } from '../explore/explore.js';
import { coreFromText, loadEveryCore } from '../explore/loader.js';
import { Machine } from '../explore/machine.js';
import { Monitor } from '../explore/monitor.js';
import { ANY, type Op, op, type Program, type Spec, type View } from '../explore/program.js';
import { setForgetting, type Walk } from '../explore/recorder.js';
import { replay, reportOf } from '../explore/report.js';
import { scheduleOf, textOfSchedule } from '../explore/schedule.js';
import { Search } from '../explore/search.js';
import { StateTable } from '../explore/table.js';

type Core = Readonly<Record<string, (words: Int32Array, ...args: number[]) => Walk<number>>>;

/** A module of which every function is an operation. */
function coreOf(text: string): Core {
  return coreFromText<Core>('test', text) as unknown as Core;
}

/** An operation that keeps its answer. */
function call(core: Core, name: string, ...args: number[]): Op {
  return op(name, args, function* ({ words, kept }) {
    const answer = yield* core[name]!(words, ...args);
    kept.push(Number(answer));
    return answer;
  });
}

/** Every end that a program can come to: its words and what each thread kept. */
function endsOf(program: Program): { ends: Set<string>; kind: string | undefined; states: number } {
  const ends = new Set<string>();
  const audit = (view: View): undefined => {
    ends.add(JSON.stringify([[...view.words], program.threads.map((_, t) => view.kept(t))]));
  };
  const outcome = new Search({ ...program, audit }).run();
  return { ends, kind: outcome.finding?.kind, states: outcome.states };
}

/** The kind of finding of a module whose threads each call the functions named. */
function kindOf(text: string, threads: string[][], words: number[], more: Partial<Program> = {}): string | undefined {
  const core = coreOf(text);
  const plans = threads.map(names => ({ ops: names.map(name => call(core, name)) }));
  return explore({ name: 'test', words, threads: plans, ...more }).finding?.kind;
}

describe('the contract of a core file', () => {
  const refuse = (body: string): (() => unknown) => {
    return () =>
      coreFromText(
        'bad',
        `export function f(words, own, n, u8) {\n${body}\n}\nexport function g(words) { return words[0]; }`,
      );
  };
  it.each([
    ['a compound write to a word', 'words[0] += 1;', /bad:2: .*compound write/],
    ['an increment of a word', 'words[0]++;', /bad:2: .*compound write/],
    ['another array', 'n[0] = 1;', /'n\[\.\.\.\]'/],
    ['Atomics on another array', 'Atomics.load(own, 0);', /something else than 'words'/],
    [
      'an Atomics call that is not modelled',
      'Atomics.waitAsync(words, 0, 0);',
      /Atomics\.waitAsync, which is not modelled/,
    ],
    ['an arrow function', 'const h = () => 1;', /an arrow function/],
    ['a closure', 'const h = function () {};', /a closure/],
    ['try', 'try { n; } catch {}', /try/],
    ['a class', 'class A {}', /a class/],
    ['a spread', 'g(...n);', /a spread/],
    ['for-of', 'for (const x of n) {}', /for-of/],
    ['an alias of the shared array', 'const w = words;', /'words' used as a value/],
    ['an alias of the private array', 'const o = own;', /'own' used as a value/],
    ['the shared array under another name', 'g(own);', /without 'words' in its place/],
    ['a method call', 'n.toString();', /a method call/],
    ['subarray', 'words.subarray(1);', /'words\.subarray'/],
    ['an alias of the bytes', 'const b = u8;', /'u8' used as a value/],
    ['a property of the bytes', 'return u8.length;', /'u8\.length'/],
    ['a compound write to a byte', 'u8[0] |= 1;', /bad:2: .*compound write/],
    ['Atomics on bytes', 'Atomics.load(u8, 0);', /something else than 'words'/],
    ['var', 'var x = 1;', /'var'/],
    ['a hidden variable', 'const a = 1; { const a = 2; }', /which hides another 'a'/],
    ['a function as a value', 'const h = g;', /function 'g' used as a value/],
    ['a name from nowhere', 'return nowhere;', /'nowhere', a name from nowhere/],
    ['a bigint', 'return 1n;', /a literal of that kind/],
    ['destructuring', 'const [a] = n;', /destructuring/],
  ])('refuses %s', (_, body, message) => {
    expect(refuse(body)).toThrow(ExplorerError);
    expect(refuse(body)).toThrow(message);
  });

  it('refuses async functions, generators and state at the top level', () => {
    expect(() => coreFromText('bad', 'export async function f(words) {}')).toThrow(/at its top level/);
    expect(() => coreFromText('bad', 'export function* f(words) {}')).toThrow(/at its top level/);
    expect(() => coreFromText('bad', 'let state = 0;')).toThrow(/at its top level/);
    expect(() => coreFromText('bad', 'const state = [];')).toThrow(/in a constant/);
  });

  it('lets private arrays, Math, loops, labels and switches pass', () => {
    const text = `
const SHIFT = 1 << 3;
function pure(own, a) { own[0] += a; own[1]++; return Math.imul(a, SHIFT); }
export function f(words, own, a = 2) {
  let sum = 0;
  outer: for (let i = 0; i < words.length; i++) {
    switch (Atomics.load(words, i)) { case 1: continue outer; case 2: break outer; default: sum += pure(own, a); }
  }
  do { sum--; } while (sum > 100);
  own.fill(3, 1);
  return sum + own[0] + own.length;
}`;
    const { f } = coreFromText<{ f(words: Int32Array, own: Int32Array): number }>('good', text);
    const plan = {
      own: [5, 0],
      ops: [
        op('f', [], function* ({ words, own, kept }) {
          kept.push(yield* f(words, own));
        }),
      ],
    };
    const { ends } = endsOf({ name: 'good', words: [0, 1, 0, 2, 0], threads: [plan] });
    expect([...ends]).toEqual([JSON.stringify([[0, 1, 0, 2, 0], [[31 + 9 + 2]]])]);
  });

  it('refuses an operation that looks into the shared array itself, or passes another', () => {
    const { f } = coreOf('export function f(words) { return Atomics.load(words, 0); }');
    const looks = op('looks', [], function* ({ words }) {
      yield* f!(words);
      return words[0];
    });
    const passes = op('passes', [], () => f!(new Int32Array(1)));
    const run = (ops: Op[]) => () => explore({ name: 'bad', words: [0], threads: [{ ops }] });
    expect(run([looks])).toThrow(/touched words\[0\] itself/);
    expect(run([passes])).toThrow(/another array/);
  });
});

describe('memory', () => {
  it('wraps around at 32 bits and coerces like the language', () => {
    const text = `
export function f(words) {
  Atomics.add(words, 0, 1);
  Atomics.store(words, 1, 4294967295);
  Atomics.sub(words, 2, 1);
  return Atomics.compareExchange(words, 3, 2147483648, 7) + Atomics.store(words, 4, 4294967297);
}`;
    const core = coreOf(text);
    const min = -(2 ** 31);
    const { ends } = endsOf({ name: 't', words: [2 ** 31 - 1, 0, min, min, 0], threads: [{ ops: [call(core, 'f')] }] });
    expect([...ends]).toEqual([JSON.stringify([[min, -1, 2 ** 31 - 1, 7, 1], [[min + 4294967297]]])]);
  });

  it('finds an access outside the region', () => {
    expect(kindOf('export function f(words) { return Atomics.load(words, words[0]); }', [['f']], [9])).toBe('fault');
    expect(kindOf('export function f(words) { return words[0.5]; }', [['f']], [9])).toBe('fault');
  });

  it('finds an operation that throws, or that never comes back', () => {
    expect(kindOf("export function f(words) { if (words[0] === 9) throw new Error('no'); }", [['f']], [9])).toBe(
      'fault',
    );
    expect(kindOf('export function f(words) { words[0] = 1; for (;;) {} }', [['f']], [9])).toBe('fault');
  });

  it('takes bulk writes word by word', () => {
    const text =
      'export function f(words) { words.fill(7, 1, 3); words.copyWithin(0, 1, 4); return 1; } export function g(words) { return Atomics.load(words, 2); }';
    const { ends } = endsOf({ name: 't', words: [0, 0, 0, 4], threads: [{ ops: [call(coreOf(text), 'f')] }] });
    expect([...ends]).toEqual(['[[7,7,4,4],[[1]]]']);
    expect(kindOf(text, [['f'], ['g']], [0, 0, 0, 4])).toBe('race');
  });

  it('reads and writes a byte in its word, which is a race only where no hint is declared, and loses no other byte', () => {
    const text = `
export function f(words, u8) { const byte = u8[5]; u8[5] = byte + 255; return byte; }
export function g(words, u8) { u8[6] = 1; return 1; }
export function h(words, u8) { u8[0] = 1; return 1; }`;
    const { ends } = endsOf({ name: 't', words: [0, 0x01020304], threads: [{ ops: [call(coreOf(text), 'f')] }] });
    expect([...ends]).toEqual([`[[0,${0x01020204}],[[3]]]`]);
    expect(kindOf(text, [['f'], ['g']], [0, 0])).toBe('race');
    expect(kindOf(text, [['f'], ['h']], [0, 0])).toBeUndefined();
    const both = endsOf({
      name: 't',
      words: [0, 0],
      threads: [{ ops: [call(coreOf(text), 'f')] }, { ops: [call(coreOf(text), 'g')] }],
      hints: [[1, 2]],
    });
    for (const end of both.ends) expect(end).toContain(`[0,${0x0001ff00}]`);
  });
});

describe('races', () => {
  const text = `
export function read(words) { return words[0]; }
export function write(words) { words[0] = 1; return 1; }
export function load(words) { return Atomics.load(words, 0); }
export function store(words) { Atomics.store(words, 0, 1); return 1; }`;
  it.each([
    ['read', 'write', 'race'],
    ['write', 'write', 'race'],
    ['load', 'write', 'race'],
    ['read', 'store', 'race'],
    ['read', 'read', undefined],
    ['load', 'store', undefined],
    ['read', 'load', undefined],
  ])('%s against %s: %s', (a, b, kind) => {
    expect(kindOf(text, [[a], [b]], [0])).toBe(kind);
    if (kind !== undefined) expect(kindOf(text, [[a], [b]], [0], { hints: [[0, 1]] })).toBe(undefined);
  });
});

describe('waiting', () => {
  const text = `
export function wait(words) { return Atomics.wait(words, 0, 0) === 'ok' ? 1 : 2; }
export function briefly(words) { const answer = Atomics.wait(words, 0, 0, 10); return answer === 'ok' ? 1 : answer === 'timed-out' ? 3 : 2; }
export function poll(words) { return Atomics.wait(words, 0, 0, 0) === 'timed-out' ? 3 : 2; }
export function set(words) { Atomics.store(words, 0, 1); return 0; }
export function wake(words) { return Atomics.notify(words, 0, 1); }
export function wakeAll(words) { return Atomics.notify(words, 0); }`;
  const core = coreOf(text);
  const ends = (threads: string[][], more: Partial<Program> = {}): { kept: Set<string>; kind: string | undefined } => {
    const plans = threads.map(names => ({ ops: names.map(name => call(core, name)) }));
    const found = endsOf({ name: 't', words: [0], threads: plans, ...more });
    return { kept: new Set([...found.ends].map(end => JSON.stringify(JSON.parse(end)[1]))), kind: found.kind };
  };

  it('returns not-equal when the word has moved, ok when notified', () => {
    expect(ends([['set', 'wait']]).kept).toEqual(new Set(['[[0,2]]']));
    const both = ends([['wait'], ['set', 'wake']]);
    expect(both).toEqual({ kept: new Set(['[[1],[0,1]]', '[[2],[0,0]]']), kind: undefined });
  });

  it('parks for ever without a notify, or when the notify came first', () => {
    expect(ends([['wait'], ['set']]).kind).toBe('parked');
    expect(ends([['wait'], ['wake']]).kind).toBe('parked');
  });

  it('wakes in order, and as many as asked for', () => {
    expect(ends([['wait'], ['wait'], ['wakeAll', 'wakeAll', 'wakeAll']]).kind).toBe('parked');
    const some = endsOf({
      name: 't',
      words: [0],
      threads: [
        { ops: [call(core, 'wait')] },
        { ops: [call(core, 'wait')] },
        { ops: [call(core, 'wake'), call(core, 'set'), call(core, 'wakeAll')] },
      ],
    });
    expect(some.kind).toBe(undefined);
    const woken = [...some.ends].map(end => (JSON.parse(end) as [number[], number[][]])[1][2]!);
    expect(new Set(woken.map(kept => `${kept[0]},${kept[2]}`))).toEqual(new Set(['0,0', '0,1', '0,2', '1,0', '1,1']));
  });

  it('keeps the order of the queue: who parked first is woken first', () => {
    const machine = new Machine({
      name: 't',
      words: [0],
      threads: [['wait'], ['wait'], ['wake']].map(n => ({ ops: n.map(name => call(core, name)) })),
    });
    machine.step(1, 0);
    machine.step(0, 0);
    expect([machine.isParked(0), machine.isParked(1)]).toEqual([true, true]);
    machine.step(2, 0);
    expect([machine.isParked(0), machine.isParked(1)]).toEqual([true, false]);
  });

  it('times out only where the program says so', () => {
    expect(ends([['briefly']]).kind).toBe('parked');
    expect(ends([['briefly']], { timeouts: true })).toEqual({ kept: new Set(['[[3]]']), kind: undefined });
    expect(ends([['wait']], { timeouts: true }).kind).toBe('parked');
    expect(ends([['briefly'], ['wake']], { timeouts: true }).kept).toEqual(new Set(['[[3],[0]]', '[[1],[1]]']));
    expect(ends([['poll']])).toEqual({ kept: new Set(['[[3]]']), kind: undefined });
  });
});

describe('loops', () => {
  it('ends a spin loop that others end', () => {
    const text = `
export function spin(words) { while (Atomics.load(words, 0) === 0) {} return 1; }
export function count(words) { let n = 0; for (;;) { if (Atomics.load(words, 0) !== 0) return 1; n = (n + 1) & 3; } }
export function set(words) { Atomics.store(words, 0, 1); return 1; }`;
    expect(kindOf(text, [['spin'], ['count'], ['set']], [0])).toBe(undefined);
    expect(kindOf(text, [['spin']], [0])).toBe('livelock');
    expect(kindOf(text, [['spin'], ['count']], [0])).toBe('livelock');
  });

  it('says who goes round', () => {
    const core = coreOf('export function spin(words) { while (Atomics.load(words, 0) === 0) {} return 1; }');
    const { finding } = explore({
      name: 't',
      words: [0, 0],
      threads: [{ name: 'sisyphus', ops: [call(core, 'spin')] }],
    });
    expect(finding?.reason).toMatch(/sisyphus going round in spin at test:1/);
  });

  it('takes a loop in an operation when its head is marked', () => {
    const core = coreOf(
      'export function load(words) { return Atomics.load(words, 0); } export function set(words) { Atomics.store(words, 0, 1); return 1; }',
    );
    const patient = op('patient', [], function* ({ words, again }) {
      for (;;) {
        again();
        if ((yield* core.load!(words)) === 1) return 1;
      }
    });
    const outcome = explore({ name: 't', words: [0], threads: [{ ops: [patient] }, { ops: [call(core, 'set')] }] });
    expect(outcome).toMatchObject({ finding: null, isComplete: true });
  });
});

describe('loops written in operations', () => {
  it('are told apart by where they stand', () => {
    const core = coreOf(
      'export function load(words, i) { return Atomics.load(words, i); } export function set(words, i) { Atomics.store(words, i, 1); return 1; }',
    );
    const twice = op('twice', [], function* ({ words, again, kept }) {
      for (;;) {
        again();
        if ((yield* core.load!(words, 0)) === 1) break;
      }
      for (;;) {
        again();
        if ((yield* core.load!(words, 1)) === 1) break;
      }
      kept.push(yield* core.load!(words, 2));
      return 1;
    });
    const sets = [0, 1, 2].map(i => call(core, 'set', i));
    const { ends, kind } = endsOf({ name: 't', words: [0, 0, 0], threads: [{ ops: [twice] }, { ops: sets }] });
    expect(kind).toBe(undefined);
    expect(new Set([...ends].map(end => JSON.parse(end)[1][0][0]))).toEqual(new Set([0, 1]));
  });
});

describe('hint words', () => {
  const text = `
export function write(words) { words[0] = 1; words[0] = 2; return 0; }
export function writeAndPublish(words) { words[0] = 1; words[0] = 2; Atomics.store(words, 1, 1); return 0; }
export function read(words) { return words[0]; }
export function readSynced(words) { Atomics.load(words, 2); return words[0]; }
export function readPublished(words) { return Atomics.load(words, 1) === 1 ? words[0] : -1; }
export function loadIt(words) { return Atomics.load(words, 0); }`;
  const answers = (writer: string, reader: string[]): string[] => {
    const core = coreOf(text);
    const { ends } = endsOf({
      name: 't',
      words: [0, 0, 0],
      threads: [{ ops: [call(core, writer)] }, { ops: reader.map(name => call(core, name)) }],
      hints: [[0, 1]],
    });
    return [...new Set([...ends].map(end => JSON.stringify(JSON.parse(end)[1][1])))].sort();
  };

  it('may be read as any value written since the last synchronisation, in any order', () => {
    expect(answers('write', ['read', 'read'])).toEqual([
      '[0,0]',
      '[0,1]',
      '[0,2]',
      '[1,0]',
      '[1,1]',
      '[1,2]',
      '[2,0]',
      '[2,1]',
      '[2,2]',
    ]);
  });
  it('are read new when the writer has published and the reader has synchronised', () => {
    expect(answers('writeAndPublish', ['readPublished'])).toEqual(['[-1]', '[2]']);
  });
  it('may still be read old when the writer has not published', () => {
    expect(answers('write', ['readSynced'])).toEqual(['[0]', '[1]', '[2]']);
  });
  it('are read new by Atomics', () => {
    expect(answers('write', ['loadIt', 'loadIt']).every(a => JSON.parse(a)[0] <= JSON.parse(a)[1])).toBe(true);
  });
  it('are read back as written by their writer', () => {
    const core = coreOf('export function f(words) { words[0] = 1; return words[0]; }');
    const { ends } = endsOf({ name: 't', words: [0], threads: [{ ops: [call(core, 'f')] }], hints: [[0, 1]] });
    expect([...ends]).toEqual(['[[1],[[1]]]']);
  });
});

describe('deaths', () => {
  const core = coreOf(`
export function two(words) { Atomics.store(words, 0, 1); Atomics.store(words, 1, 1); return 1; }
export function look(words) { return Atomics.load(words, 0) * 2 + Atomics.load(words, 1); }
export function wait(words) { Atomics.wait(words, 2, 0); return 1; }
export function wake(words) { return Atomics.notify(words, 2, 1); }`);

  it('come before every access, between operations, and after the last', () => {
    const seen = new Set<string>();
    explore({
      name: 't',
      words: [0, 0, 0],
      threads: [{ ops: [call(core, 'two'), call(core, 'look')] }],
      victims: [0],
      audit: view => {
        seen.add(
          `${view.words.join('')} ${view.deaths.join()} ${view.cutShort(0)?.name ?? '-'} kept ${view.kept(0).join()}`,
        );
        return undefined;
      },
    });
    expect([...seen].sort()).toEqual([
      '000 0 - kept ',
      '100 0 two kept ',
      '110  - kept 1,3',
      '110 0 - kept 1',
      '110 0 - kept 1,3',
      '110 0 look kept 1',
    ]);
  });

  it('start a supervisor that knows who died, and never without a death', () => {
    const seen = new Set<string>();
    const supervisor = {
      ops: [
        op(
          'recover',
          ({ deaths }) => deaths,
          function* ({ words, deaths, kept }) {
            kept.push(...deaths, yield* core.look!(words));
          },
        ),
      ],
    };
    explore({
      name: 't',
      words: [0, 0, 0],
      threads: [{ ops: [call(core, 'two')] }, { ops: [call(core, 'look')] }],
      victims: [0, 1],
      supervisors: [supervisor],
      audit: view => void seen.add(`${view.deaths.join()}:${view.kept(2).join()}`) as undefined,
    });
    expect(seen.has(':')).toBe(true);
    expect([...seen].filter(s => s.startsWith('0:')).sort()).toEqual(['0:0,0', '0:0,2', '0:0,3']);
    expect([...seen].some(s => s.startsWith('1:1,'))).toBe(true);
  });

  it('let the supervisor see all that the dead thread wrote', () => {
    const hinting = coreOf(
      'export function write(words) { words[0] = 1; words[0] = 2; return 1; } export function read(words) { return words[0]; }',
    );
    const seen = new Set<string>();
    explore({
      name: 't',
      words: [0],
      threads: [{ ops: [call(hinting, 'write')] }],
      hints: [[0, 1]],
      victims: [0],
      supervisors: [{ ops: [call(hinting, 'read')] }],
      audit: ({ words, kept }) => void seen.add(`${words[0]} ${kept(1).join()}`) as undefined,
    });
    expect(seen).toEqual(new Set(['2 ', '0 0', '1 1', '2 2']));
  });

  it('can befall the supervisor too', () => {
    const seen = new Set<string>();
    const recover = { ops: [op('recover', [], ({ words }) => core.look!(words))] };
    const program: Program = {
      name: 't',
      words: [0, 0, 0],
      threads: [{ ops: [call(core, 'two')] }],
      victims: [0, 1],
      supervisors: [recover, recover],
      audit: view => void seen.add(view.deaths.join()) as undefined,
    };
    expect(explore(program).finding).toBe(null);
    expect(seen).toEqual(new Set(['', '0', '0,1']));
  });

  it('take a waiter out of its queue', () => {
    const waiter = { ops: [call(core, 'wait')] };
    const wake = { ops: [call(core, 'wake')] };
    const machine = new Machine({ name: 't', words: [0, 0, 0], threads: [waiter, waiter, wake], victims: [0] });
    machine.step(0, 0);
    machine.step(1, 0);
    machine.step(0, 63);
    machine.step(2, 0);
    expect(machine.isParked(1)).toBe(false);
  });
});

describe('the monitor', () => {
  const register: Spec<number> = {
    start: 0,
    step: (v, name, [x]) => (name === 'write' ? [[x as number, 1]] : [[v, v]]),
  };

  it('lets an operation take effect anywhere between its beginning and its end', () => {
    const monitor = new Monitor(register);
    const write = monitor.callNumber('write', [5]);
    const read = monitor.callNumber('read', []);
    const writing = monitor.begin(monitor.start, 0, write);
    const old = monitor.end(monitor.begin(writing, 1, read), 1, monitor.answerNumber(0));
    const fresh = monitor.end(monitor.begin(writing, 1, read), 1, monitor.answerNumber(5));
    expect([old, fresh].every(set => set !== 0)).toBe(true);
    expect(monitor.end(monitor.begin(fresh, 1, read), 1, monitor.answerNumber(0))).toBe(0);
    expect(monitor.end(monitor.begin(old, 1, read), 1, monitor.answerNumber(5))).toBe(fresh);
    expect(monitor.states(monitor.end(old, 0, monitor.answerNumber(1)))).toEqual([5]);
  });

  it('keeps real-time order', () => {
    const monitor = new Monitor(register);
    const written = monitor.end(
      monitor.begin(monitor.start, 0, monitor.callNumber('write', [5])),
      0,
      monitor.answerNumber(1),
    );
    const reading = monitor.begin(written, 1, monitor.callNumber('read', []));
    expect(monitor.end(reading, 1, monitor.answerNumber(0))).toBe(0);
  });

  it('lets the operation of a dead thread take effect, or not, for ever', () => {
    const monitor = new Monitor(register);
    const cut = monitor.die(monitor.begin(monitor.start, 0, monitor.callNumber('write', [5])), 0);
    expect(new Set(monitor.states(cut))).toEqual(new Set([0, 5]));
    const read = monitor.callNumber('read', []);
    const still0 = monitor.end(monitor.begin(cut, 1, read), 1, monitor.answerNumber(0));
    expect(monitor.end(monitor.begin(still0, 1, read), 1, monitor.answerNumber(5))).not.toBe(0);
  });

  it('takes any answer where the specification says so', () => {
    const monitor = new Monitor({ start: 0, step: () => [[0, ANY]] });
    const begun = monitor.begin(monitor.start, 0, monitor.callNumber('f', []));
    expect(monitor.end(begun, 0, monitor.answerNumber(42))).not.toBe(0);
  });

  it('lets an operation that touches nothing shared happen late', () => {
    const core = coreFromText<{ set(words: Int32Array): number; mine(own: Int32Array): number }>(
      'test',
      'export function set(words) { Atomics.store(words, 0, 1); return 1; } export function mine(own) { return own[0]; }',
    );
    const write = op('write', [1], ({ words }) => core.set(words));
    const stale = op('read', [], ({ own }) => core.mine(own));
    const program: Program = {
      name: 't',
      words: [0],
      threads: [{ ops: [write] }, { own: [0], ops: [stale] }],
      spec: register,
    };
    expect(explore(program).finding?.kind).toBe('history');
  });
});

describe('canaries', () => {
  const all = [stacks, mutexes, semaphores, counters, robust, hints, solos].flat();
  it.each(all.map(program => [program.name, program.expect ?? 'clean', program] as const))(
    '%s: %s',
    (_, expected, program) => {
      const { finding } = explore(program);
      expect(finding?.kind ?? 'clean').toBe(expected);
      if (finding === null) return;
      const { machine, steps } = replay(program, finding.schedule);
      expect(steps).toHaveLength(finding.schedule.length);
      if (finding.kind === 'history') expect(machine.isImpossible()).toBe(true);
      if (finding.kind === 'parked') expect(machine.threads.some((__, t) => machine.isParked(t))).toBe(true);
      if (finding.kind === 'audit') expect(program.audit!(machine.view)).toBe(finding.reason);
      expect(reportOf(program, finding)).toContain(finding.reason);
    },
  );

  it('believed hints pass when plain reads are taken for sequentially consistent', () => {
    const believed = hints.find(program => program.expect === 'history')!;
    expect(explore({ ...believed, hints: [], races: false }).finding).toBe(null);
  });
});

describe('completeness', () => {
  it('enters as many states as there are', () => {
    const core = coreOf(`
export function swap(words) { const a = Atomics.load(words, 0); Atomics.store(words, 0, Atomics.load(words, 1)); Atomics.store(words, 1, a); return a; }
export function add(words) { Atomics.add(words, 0, 1); return Atomics.compareExchange(words, 1, 1, 5); }`);
    const threads = [{ ops: [call(core, 'swap')] }, { ops: [call(core, 'add'), call(core, 'add')] }];
    for (const victims of [[], [1]]) {
      const program: Program = { name: 't', words: [1, 2], threads, victims };
      // The table sees the numbers of local states, which come in the order of discovery, so one machine must count both.
      const names = (machine: Machine): string =>
        `${machine.state.words.join()} ${[0, 1].map(t => `${machine.node(t).kind} ${machine.node(t).op.index} ${machine.node(t).kept.join()} ${pathOf(machine, t)}`).join(' ')}`;
      expect(new Search(program).run().states).toBe(countDistinct(program, names));
    }
  });

  /** What led to a local state, as text: which values its operation read. */
  function pathOf(machine: Machine, thread: number): string {
    const path: number[] = [];
    for (let node = machine.node(thread); node.parent !== null; node = node.parent) path.push(node.via);
    return path.reverse().join();
  }

  function countDistinct(program: Program, name: (machine: Machine) => string): number {
    const shared = new Machine(program);
    const { state } = shared;
    const found = new Set<string>();
    const walk = (): void => {
      found.add(name(shared));
      const { mark, hashA, hashB } = state;
      for (let t = 0; t < shared.count; t++) {
        const steps = Array.from({ length: shared.choices(t) }, (_, v) => v);
        if (shared.canDie(t)) steps.push(63);
        for (const variant of steps) {
          shared.step(t, variant);
          walk();
          state.undo(mark, hashA, hashB);
        }
      }
    };
    walk();
    return found.size;
  }

  /** Runs plain generators, made from the same text by plain replacement, with no merging of any kind. */
  function endsByBruteForce(
    text: string,
    words: readonly number[],
    threads: readonly (readonly [string, ...number[]])[][],
  ): Set<string> {
    const code = text
      .replaceAll('export function', 'function*')
      .replaceAll(/Atomics\.(\w+)\(words, ([^()]*)\)/g, "(yield ['$1', $2])");
    const names = [...text.matchAll(/function (\w+)/g)].map(match => match[1]);
    const library = new Function(`${code}\nreturn { ${names.join()} };`)() as Record<
      string,
      (...args: unknown[]) => Generator<[string, ...number[]], number, number>
    >;
    const ends = new Set<string>();
    const run = (schedule: readonly number[]): void => {
      const memory = Int32Array.from(words);
      const kept: number[][] = threads.map(() => []);
      const bodies = threads.map((ops, t) =>
        (function* () {
          for (const [name, ...args] of ops) kept[t]!.push(yield* library[name]!(memory, ...args));
        })(),
      );
      const pending = bodies.map(body => body.next());
      for (const t of schedule) {
        const [name, index, a = 0, b = 0] = pending[t]!.value as [string, number, number?, number?];
        const atomics = Atomics as unknown as Record<string, (...args: unknown[]) => number>;
        pending[t] = bodies[t]!.next(
          name === 'compareExchange'
            ? atomics[name]!(memory, index, a, b)
            : name === 'load'
              ? atomics[name]!(memory, index)
              : atomics[name]!(memory, index, a),
        );
      }
      const next = pending.flatMap((p, t) => (p.done ? [] : [t]));
      if (next.length === 0) ends.add(JSON.stringify([[...memory], kept]));
      for (const t of next) run([...schedule, t]);
    };
    run([]);
    return ends;
  }

  const stack = `
export function pop(words) {
  for (;;) {
    const head = Atomics.load(words, 0);
    if (head === 0) return 0;
    const next = Atomics.load(words, head);
    if (Atomics.compareExchange(words, 0, head, next) === head) return head;
  }
}
export function push(words, block) {
  for (;;) {
    const head = Atomics.load(words, 0);
    Atomics.store(words, block, head);
    if (Atomics.compareExchange(words, 0, head, block) === head) return 1;
  }
}`;
  const mixed = `
export function step(words, by) {
  let seen = Atomics.load(words, 0);
  let tries = 0;
  while (tries < 2) {
    const was = Atomics.compareExchange(words, 0, seen, seen + by);
    if (was === seen) break;
    seen = was;
    tries++;
  }
  const other = Atomics.exchange(words, 1, seen);
  if (other > seen) { Atomics.add(words, 2, other); } else { Atomics.sub(words, 2, 1); }
  return other * 10 + tries;
}`;
  const adders = `
export function add(words, by) {
  for (;;) {
    const seen = Atomics.load(words, 0);
    if (Atomics.compareExchange(words, 0, seen, seen * 2 + by) === seen) return seen;
  }
}`;
  it.each<[string, string, number[], [string, ...number[]][][]]>([
    ['a stack', stack, [1, 2, 3, 0], [[['pop']], [['pop'], ['push', 1]]]],
    ['branches and retries', mixed, [0, 0, 0], [[['step', 1]], [['step', 2]]]],
    [
      'an operation after another',
      mixed,
      [0, 5, 0],
      [
        [
          ['step', 1],
          ['step', 3],
        ],
        [['step', 7]],
      ],
    ],
    ['three threads', adders, [0, 5, 0], [[['add', 1]], [['add', 2]], [['add', 7]]]],
  ])('comes to the same ends as brute force without merging: %s', (_, text, words, threads) => {
    const core = coreOf(text);
    const plans = threads.map(ops => ({ ops: ops.map(([name, ...args]) => call(core, name, ...args)) }));
    expect(endsOf({ name: 't', words, threads: plans }).ends).toEqual(endsByBruteForce(text, words, threads));
  });

  it('forgetting what is no longer alive loses no end and invents none', () => {
    for (const program of queues.slice(0, 1).concat(stacks, counters)) {
      const { spec: _, ...rest } = program;
      const keeping = (ops: readonly Op[]): Op[] =>
        ops.map(o => ({
          ...o,
          body: function* (me) {
            const answer = yield* o.body(me);
            me.kept.push(Number(answer));
            return answer;
          },
        }));
      const noted: Program = {
        ...rest,
        races: false,
        threads: program.threads.map(t => ({ ...t, ops: keeping(t.ops) })),
      };
      const merged = endsOf(noted);
      setForgetting(false);
      try {
        const unmerged = endsOf(noted);
        expect(merged.ends).toEqual(unmerged.ends);
        expect(merged.states).toBeLessThanOrEqual(unmerged.states);
      } finally {
        setForgetting(true);
      }
    }
  });

  it('counts no state twice and loses none when the table grows', () => {
    const table = new StateTable(4);
    const numbers = Array.from({ length: 10_000 }, (_, i) => table.add(Math.imul(i, 0x9e3779b1), i));
    expect(numbers).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(table.add(Math.imul(77, 0x9e3779b1), 77)).toBe(77);
    expect(table.size).toBe(10_000);
  });

  it('gives up at a limit and says so, and a preemption bound finds less', () => {
    const [small] = queues;
    expect(new Search(small!, { statesMax: 100 }).run()).toMatchObject({
      gaveUp: true,
      isComplete: false,
      finding: null,
    });
    expect(new Search(small!, { statesMax: 100, preemptions: 2 }).run().gaveUp).toBe(true);
    const bounded = new Search(small!, { preemptions: 1 }).run();
    expect(bounded.isComplete).toBe(false);
    expect(bounded.gaveUp).toBe(false);
  });
});

describe('schedules as text', () => {
  it.each([
    ['', []],
    ['0x3', [0, 0, 0]],
    ['0x1.1x2.2k.10t.0h2.0x1', [0, 64, 64, 191, 702, 2, 0]],
  ])('%s', (text, schedule) => {
    expect(textOfSchedule(schedule)).toBe(text);
    expect(scheduleOf(text)).toEqual(schedule);
  });

  it('are refused when they make no sense, or not in this program', () => {
    expect(() => scheduleOf('0x1.zebra')).toThrow(/'zebra' is no step/);
    expect(() => replay(stacks[0]!, scheduleOf('7x1'))).toThrow(/thread 7 can't take step 1/);
    expect(() => replay(stacks[0]!, scheduleOf('0x1.0k'))).toThrow(/can't take step 2/);
  });

  it('lead where the finding was', () => {
    const program = mutexes.find(p => p.expect === 'parked')!;
    const { finding } = explore(program);
    const again = scheduleOf(textOfSchedule(finding!.schedule));
    expect(reportOf(program, { ...finding!, schedule: again })).toBe(reportOf(program, finding!));
  });
});

describe('sites', () => {
  it('lead back to the source, also after constants were folded', async () => {
    await loadEveryCore();
    const shipped = sites.filter(site => site.isShipped);
    expect(shipped.length).toBeGreaterThan(100);
    for (const { file, line, fn, text } of shipped) {
      const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8').split('\n');
      const access = /Atomics\.\w+|words|u8/.exec(text)![0];
      expect(`${file}:${line} ${source.slice(line - 1, line + 3).join('\n')}`).toContain(access);
      // The function stands above, and no other begins in between.
      const above = source.slice(0, line).findLast(text => /^(export )?function /.test(text));
      expect(`${file}:${line} ${above}`).toMatch(new RegExp(`function ${fn}\\b`));
    }
  });
});
