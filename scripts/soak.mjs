// The long tiers: node scripts/soak.mjs [--minutes N]. Models and hostile input at their full counts, then 10^8 checked items through
// rings, then threads for the rest.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const ends = performance.now() + Number(values.minutes) * 60_000;

function run(args, env = {}) {
  console.log(
    `\n== ${Object.entries(env)
      .map(([key, value]) => `${key}=${value} `)
      .join('')}node ${args.join(' ')}`,
  );
  const { status, error } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (error || status !== 0) process.exit(status || 1);
}

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
run([vitest, 'run', '--testTimeout=3600000', 'model'], { MODEL: '1000000' });
run([vitest, 'run', '--testTimeout=3600000', 'hostile', 'corruption'], { HOSTILE: '10000000', CORRUPTIONS: '100000' });
run([vitest, 'run', '--testTimeout=3600000', 'garbage'], { GARBAGE: '100000000' });
run(['test/stress/main.mjs', '--deaths', '1000']);
run(['test/stress/main.mjs', '--only', 'batches, ', '--items', '100000000']);
for (let round = 0; round === 0 || performance.now() < ends; round++) {
  run(['test/stress/main.mjs', '--seconds', '60']);
  run(['--jitless', 'test/stress/main.mjs', '--seconds', '20']);
  run(['--no-opt', 'test/stress/main.mjs', '--seconds', '20']);
}
console.log('\nsoak passed');
