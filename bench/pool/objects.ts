/**
 * Pools of JavaScript objects. Arguments: whose (`ringwell`, `reusify`, `object-pool`, `new`), and how many objects are live at a
 * time. All of them pool objects of the same class; reusify wants its `next`.
 */
import { ObjectPool as Smikhalevski } from '@smikhalevski/object-pool';
import reusify from 'reusify';
import { ObjectPool } from 'ringwell';
import { serve, verify } from '../harness/serve.js';

class Request {
  next: Request | null = null;
  id = 0;
  path = '';
  headers: string[] | undefined = undefined;
}

interface Supply {
  readonly acquire: () => Request;
  readonly release: (request: Request) => void;
}

const supplies: Record<string, () => Supply> = {
  ringwell: () => {
    const pool = new ObjectPool({ create: () => new Request() });
    return { acquire: () => pool.acquire(), release: request => pool.release(request) };
  },
  reusify: () => {
    const pool = reusify(Request as never) as unknown as { get: () => Request; release: (request: Request) => void };
    return { acquire: () => pool.get(), release: request => pool.release(request) };
  },
  'object-pool': () => {
    const pool = new Smikhalevski(() => new Request());
    return { acquire: () => pool.take(), release: request => pool.release(request) };
  },
  new: () => ({ acquire: () => new Request(), release: () => {} }),
};

const kind = process.argv[2]!;
const live = Number(process.argv[3]);
const { acquire, release } = supplies[kind]!();
const held: Request[] = Array.from({ length: live }, acquire);
for (const request of held) release(request);

function pairs(count: number): number {
  let sum = 0;
  for (let done = 0; done < count; done += live) {
    for (let i = 0; i < live; i++) {
      const request = acquire();
      request.id = i;
      held[i] = request;
    }
    for (let i = 0; i < live; i++) {
      const request = held[i]!;
      sum ^= request.id;
      release(request);
    }
  }
  return sum;
}

const [one, other] = [acquire(), acquire()];
verify(one !== other, 'one object is handed out twice');
release(one);
release(other);
await serve(kind, pairs);
