import { describe, expect, it } from 'vitest';
import {
  moveSeat,
  SEAT_ATTACHED,
  SEAT_EVICTED,
  SEAT_FREE,
  SEAT_LEAVING,
  seatState,
  setSpawner,
} from '../../src/core/seat.core.js';
import { Pool, Region } from '../../src/index.js';
import { HEADER_DIRTY, HEADER_LOCK, lockWord } from '../../src/region/header.core.js';
import { expectUnchanged, refuses, seatsOf, snapshot } from './helpers.js';

const NOTHING = { blocksReclaimed: 0, slotsReleased: 0, waitersWoken: 0, bytesReclaimed: 0 };

function stateOf(region: Region, seat: number): number {
  return seatState(region.attachment.words, seat);
}

describe('recover', () => {
  it('frees the seat of a thread that has ended, attached or leaving', () => {
    for (const state of [SEAT_ATTACHED, SEAT_LEAVING]) {
      const [region] = seatsOf(2) as [Region, Region];
      if (state === SEAT_LEAVING) moveSeat(region.attachment.words, 2, 1, SEAT_ATTACHED, SEAT_LEAVING);
      refuses('ERR_SEAT', () => region.share());
      expect(region.recover(2)).toEqual({ seat: 2, ...NOTHING });
      expect(stateOf(region, 2)).toBe(SEAT_FREE);
      expect(region.share().seat).toBe(2);
    }
  });

  it('voids a token that was never used', () => {
    const region = Region.create({ maxByteLength: 65536, seats: 2 });
    const token = region.share();
    expect(region.recover(token)).toEqual({ seat: 2, ...NOTHING });
    refuses('ERR_SEAT', () => Region.attach(token));
    expect(region.share().seat).toBe(2);
  });

  it('changes nothing for a life that is over', () => {
    const region = Region.create({ maxByteLength: 65536, seats: 3 });
    const token = region.share();
    const worker = Region.attach(token);
    region.recover(token);
    const next = Region.attach(region.share());
    expect(next.seat).toBe(worker.seat);
    const before = snapshot(region);
    expect(region.recover(token)).toEqual({ seat: 2, ...NOTHING });
    expect(region.recover(3)).toEqual({ seat: 3, ...NOTHING });
    expectUnchanged(region, before);
    next.check();
  });

  it('recovers a dead thread although one that it had started died with the lock', () => {
    const [region, spawner, started] = seatsOf(3) as [Region, Region, Region];
    const { words } = region.attachment;
    setSpawner(
      words,
      started.seat,
      started.attachment.generation,
      lockWord(spawner.seat, spawner.attachment.generation),
    );
    words[HEADER_LOCK] = lockWord(started.seat, started.attachment.generation);
    region.recover(spawner.seat);
    expect([spawner, started].map(({ seat }) => stateOf(region, seat))).toEqual([SEAT_FREE, SEAT_FREE]);
    expect(words[HEADER_LOCK]).toBe(0);
  });

  it('stops a thread that still ran', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    region.recover(2);
    refuses('ERR_EVICTED', () => other.check());
    refuses('ERR_EVICTED', () => other.recover(1));
    refuses('ERR_EVICTED', () => Pool.create({ region: other, name: 'pool', blockBytes: 8, capacity: 1 }));
    other.detach();
    region.check();
  });

  it('refuses its own seat, seats that are none, and what is no token', () => {
    const [region, other] = seatsOf(2) as [Region, Region];
    const before = snapshot(region);
    refuses('ERR_USAGE', () => region.recover(1));
    refuses('ERR_USAGE', () => other.recover(2));
    for (const seat of [0, -1, 3, 1.5, Number.NaN, 2 ** 32 + 2, undefined, null, '2', 2n, {}, [2], { ringwell: 2 }]) {
      refuses('ERR_SEAT', () => region.recover(seat as number));
    }
    const token = { ringwell: 1, memory: region.buffer };
    for (const wrong of [{}, { seat: 3 }, { seat: 2 }, { seat: 2, generation: -1 }, { seat: '2', generation: 1 }]) {
      refuses('ERR_SEAT', () => region.recover({ ...token, ...wrong } as never));
    }
    expectUnchanged(region, before);
  });

  it('refuses the token of another region, which would stop a thread that runs', () => {
    const [region, other] = seatsOf(2, { seats: 4 }) as [Region, Region];
    const token = Region.create({ maxByteLength: 2 ** 16, seats: 4 }).share();
    expect(token).toMatchObject({ seat: other.seat, generation: 1 });
    const small = Region.create({ maxByteLength: 2048, seats: 2 }).share();
    for (const foreign of [token, small, { ...token, memory: undefined }, { ...token, memory: new ArrayBuffer(8) }])
      refuses('ERR_SEAT', () => region.recover(foreign as never));
    other.check();
    const mine = region.share();
    refuses('ERR_SEAT', () => region.cancel({ ...mine, memory: token.memory }));
    region.cancel(mine);
  });

  it('is finished by whoever recovers the recoverer', () => {
    const [region, second] = seatsOf(4) as Region[] as [Region, Region];
    const { words } = region.attachment;
    // Seat 3 was being recovered by seat 2, which died with the lock.
    moveSeat(words, 3, 1, SEAT_ATTACHED, SEAT_EVICTED);
    words[HEADER_LOCK] = lockWord(2, 1);
    region.recover(2);
    expect([2, 3, 4].map(seat => stateOf(region, seat))).toEqual([SEAT_FREE, SEAT_FREE, SEAT_ATTACHED]);
    expect(words[HEADER_LOCK]).toBe(0);
    refuses('ERR_EVICTED', () => second.inspect());
  });

  it('takes the lock from a builder that died, and what it left behind is never taken for zero', () => {
    const [region] = seatsOf(2) as [Region, Region];
    const { words } = region.attachment;
    words[HEADER_LOCK] = lockWord(2, 1);
    words.fill(-1, region.usedBytes / 4, region.usedBytes / 4 + 2000);
    region.recover(2);
    expect([words[HEADER_LOCK], words[HEADER_DIRTY]]).toEqual([0, 1]);
    const pool = Pool.create({ region, name: 'pool', blockBytes: 8, capacity: 100 });
    expect(pool.liveCount).toBe(0);
    region.check();
    const handles = new Set(Array.from({ length: 101 }, () => pool.acquire()));
    expect([handles.size, handles.has(0 as never)]).toEqual([101, true]);
  });

  it('says who has the lock when that seat was not recovered', () => {
    const [region] = seatsOf(3) as [Region];
    region.attachment.words[HEADER_LOCK] = lockWord(3, 1);
    expect(refuses('ERR_ATTACH', () => region.recover(2)).message).toContain('seat 3');
    // What could not be done then is done with the next one.
    region.recover(3);
    expect([2, 3].map(seat => stateOf(region, seat))).toEqual([SEAT_FREE, SEAT_FREE]);
  });
});
