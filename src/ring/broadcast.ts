import { now } from '../core/clock.js';
import type { Closable } from '../core/closable.js';
import { checkInteger, checkTimeout, RingwellError, show } from '../core/errors.js';
import { pause, SPINS } from '../core/pause.js';
import { CLOSED, DONE, NONE, UNSEATED } from '../core/status.js';
import { GRAIN_BYTES, GRAIN_SHIFT, LENGTH_ROUND, TAPE_PAYLOAD, TAPE_PRODUCER, TAPE_TAIL } from '../core/tape.core.js';
import { isBytes } from '../core/typed-array.js';
import { type Waiting, WaitQueue } from '../core/wait-queue.js';
import type { Attachment } from '../region/attachment.js';
import { mayBlock } from '../region/lock.js';
import type { Region } from '../region/region.js';
import { attachStructure, createStructure, type Named, openStructure } from '../region/structures.js';
import * as core from './broadcast.core.js';
import {
  type BroadcastOptions,
  broadcastKindOf,
  broadcastShape,
  openTape,
  privateRegion,
  shapeOf,
} from './broadcast-layout.js';
import { OWN_TAIL } from './broadcast-own.js';
import { Circle } from './circle.js';
import { OWN_INDEX_MASK } from './own.js';
import { leaveSide } from './side.core.js';
import { Subscriber } from './subscriber.js';

// As in pool/shared-pool.ts: engines look up what is imported at each call.
const { reserve, publish } = core;

/** The largest type: types are the integers from 0 to this. */
const TYPE_MAX = 2 ** 31 - 1;

/**
 * Messages from one sender, of which every subscriber receives all: each has a type, and 1 byte to about a quarter of the capacity.
 *
 * *Lossy*, the default: the sender never waits; a subscriber that is more than some three quarters of the capacity behind misses
 * what was overwritten, goes on with the last message or the one before it, learns then how many it missed, and never receives a
 * torn one. *Gated*: nobody misses anything; the sender is held up by the slowest subscriber, also for what that has received since
 * it last said so: when it has found nothing more, when an eighth of the capacity has gone by, or at once if the sender waits. One
 * that dies holds it up until its thread is recovered.
 *
 * *Threads*: the first that sends is the sender; another that tries gets ERR_USAGE until that one detaches or is recovered. Any
 * attached thread may subscribe, also more than once.
 *
 * *Ordering*: all subscribers receive messages in the order in which they were sent; what the sender wrote to memory before it sent
 * one is seen by whoever has received it.
 *
 * Without a region the broadcast is local: for one thread, in memory of its own. Nothing but subscribing and the asynchronous forms
 * allocates, for messages of up to 64 bytes, or of whole words up to 128 that go to one target again and again: copying a longer
 * one out takes a view. The arrays that small messages come from, and go to, are held on to until others take their place, or this
 * thread leaves.
 */
export class Broadcast implements Closable {
  /** Bytes it holds: the capacity asked for, rounded up to a power of two. A message takes 8 bytes more than it has, rounded up to 8. */
  readonly capacity: number;
  /** Whether the sender waits for the slowest. */
  readonly gated: boolean;
  /** The longest message in bytes: a quarter of the capacity, less 8. */
  readonly messageBytesMax: number;
  /** @internal */
  readonly attachment: Attachment;
  /** @internal */
  readonly tape: number;
  /** @internal */
  readonly circle: Circle;
  /** @internal */
  left = false;
  private readonly words: Int32Array;
  private readonly own: Int32Array;
  private readonly senders = new WaitQueue();
  private readonly subscribers = new Set<Subscriber>();

  /** @internal */
  constructor(attachment: Attachment, tape: number) {
    const { words } = attachment;
    const { grains, gated } = shapeOf(words, tape);
    this.attachment = attachment;
    this.tape = tape;
    this.words = words;
    this.gated = gated;
    this.capacity = grains << GRAIN_SHIFT;
    this.messageBytesMax = (this.capacity >>> 2) - GRAIN_BYTES;
    this.circle = new Circle(new Uint8Array(words.buffer, words[tape + TAPE_PAYLOAD]!, this.capacity));
    this.own = openTape(attachment, tape);
  }

  /**
   * Makes a broadcast: with a region and a name one for every attached thread, without them a local one for this thread.
   * @throws {RingwellError} ERR_GEOMETRY for a capacity or a number of subscribers that can't be, or that the region has no room
   * for; ERR_ATTACH when the name is taken; ERR_USAGE
   */
  static create(options: BroadcastOptions & Partial<Named>): Broadcast {
    const shape = broadcastShape(options);
    const kind = broadcastKindOf(Broadcast, shape, 0);
    if (options.region !== undefined || options.name !== undefined)
      return createStructure(options.region, options.name, kind);
    return createStructure(privateRegion(shape), 'local', kind);
  }

  /** This thread's object for a broadcast of the region: the same one each time. @throws {RingwellError} ERR_ATTACH, ERR_USAGE */
  static attach(region: Region, name: string): Broadcast {
    return attachStructure(region, name, broadcastKindOf(Broadcast, broadcastShape({ capacity: 256 }), 0));
  }

  /** Attaches, or creates when there is none yet. @throws {RingwellError} ERR_GEOMETRY when it exists in another shape */
  static open(options: BroadcastOptions & Named): Broadcast {
    const shape = broadcastShape(options);
    return openStructure(options.region, options.name, broadcastKindOf(Broadcast, shape, 0), found => {
      const there = shapeOf(found.words, found.tape);
      if (there.grains === shape.grains && there.gated === shape.gated && there.records === shape.records) return;
      throw new RingwellError('ERR_GEOMETRY', `Cannot open broadcast: expected ${told(shape)}, found ${told(there)}`);
    });
  }

  get closed(): boolean {
    return Atomics.load(this.words, this.tape + TAPE_TAIL) < 0;
  }

  /**
   * Sends a copy of a message to all who are subscribed. Answers false, gated, while the slowest subscriber has no room for it; lossy it is
   * always true. With no subscriber it is sent to nobody.
   * @param type any integer from 0 to 2^31 - 1, for the receivers
   * @throws {RingwellError} ERR_CLOSED; ERR_USAGE for an empty message, one longer than `messageBytesMax`, a type that can't be, and
   * where another thread is the sender; then nothing was sent
   */
  send(source: Uint8Array, type: number): boolean {
    const { words, own, circle } = this;
    if (!circle.source.is(source) || typeof type !== 'number' || (type & TYPE_MAX) !== type) this.check(source, type);
    const length = source.length | 0;
    if (length <= 0 || length > this.messageBytesMax) this.checkLength(length);
    const grains = grainsOf(length);
    const status = reserve(words, own, grains);
    if (status !== DONE) return this.notSent(status);
    circle.copyIn(((own[OWN_TAIL]! + 1) & own[OWN_INDEX_MASK]!) << GRAIN_SHIFT, source, length);
    const sent = publish(words, own, length, type, grains);
    return sent === DONE || this.sendAgain(sent, source, type);
  }

  /**
   * As `send`, but waits up to that many milliseconds for the slowest subscriber: default for ever. Blocks the thread. It is woken
   * when that has received half of what there is. A local broadcast answers at once.
   */
  sendWait(source: Uint8Array, type: number, timeoutMs: number = Number.POSITIVE_INFINITY): boolean {
    checkTimeout(timeoutMs);
    if (this.send(source, type)) return true;
    if (timeoutMs === 0 || !this.attachment.memory.shared) return false;
    if (!mayBlock())
      throw new RingwellError('ERR_USAGE', 'broadcast.sendWait: this thread may not block; use sendAsync');
    for (let tries = 0; tries < SPINS; tries++) {
      pause(tries);
      if (this.send(source, type)) return true;
    }
    const { length } = source;
    const status = core.reserveWait(this.words, this.own, grainsOf(length), now() + timeoutMs);
    this.attachment.waiting.poke();
    if (status !== DONE) return this.notSent(status);
    // It fits now, for nobody else sends.
    return this.send(source, type);
  }

  /** As `sendWait`, without blocking the thread. Aborting rejects with the signal's reason, and nothing was sent. Allocates. */
  sendAsync(source: Uint8Array, type: number, options: Waiting = {}): Promise<void> {
    const { attachment, words, own } = this;
    const look = (): true | undefined => {
      attachment.ensureSeated();
      core.armSender(words, own);
      return this.send(source, type) || undefined;
    };
    return attachment.waiting.wait(this.senders, look, options, () => core.leaveSender(words, own)).then(() => {});
  }

  /**
   * Receives everything that is sent from now on. Allocates. Unsubscribe by `using`, or `[Symbol.dispose]()`: in a gated broadcast one
   * that receives no more holds the sender up.
   * @throws {RingwellError} ERR_USAGE when there are as many subscribers as the broadcast was made for
   */
  subscribe(): Subscriber {
    if (this.left) throw this.attachment.unseated();
    // Not from the region, whose words may be damaged by now.
    const subscriber = new Subscriber(this, this.own.slice(), one => this.subscribers.delete(one));
    this.subscribers.add(subscriber);
    return subscriber;
  }

  /** Nothing more is sent, by anyone; what was sent can still be received. Who waits is woken. */
  close(): void {
    this.attachment.ensureSeated();
    core.closeTape(this.words, this.own);
  }

  /** Closes the broadcast, unless this thread has left the region. */
  [Symbol.dispose](): void {
    if (!this.left) this.close();
  }

  /** @internal Gives up the sender's side and all subscriptions of this thread. */
  leave(): void {
    for (const subscriber of [...this.subscribers]) subscriber[Symbol.dispose]();
    leaveSide(this.words, this.own, TAPE_PRODUCER);
    this.circle.forget();
    this.left = true;
  }

  private check(source: unknown, type: unknown): void {
    if (!(source instanceof Uint8Array || isBytes(source)))
      throw new RingwellError('ERR_USAGE', `broadcast.send: source must be a Uint8Array, got ${show(source)}`);
    this.checkLength(source.length);
    checkInteger(type, 0, TYPE_MAX, 'broadcast.send: type', 'ERR_USAGE');
    if (this.left) throw this.attachment.unseated();
  }

  private checkLength(length: number): void {
    checkInteger(length, 1, this.messageBytesMax, "broadcast.send: the message's length in bytes", 'ERR_USAGE');
  }

  /** The rest of `send` when the message was not published. */
  private sendAgain(status: number, source: Uint8Array, type: number): boolean {
    return status === NONE ? this.send(source, type) : this.notSent(status);
  }

  /** False for no room; throws for what is wrong. */
  private notSent(status: number): false {
    if (status === NONE) return false;
    if (status === CLOSED) throw new RingwellError('ERR_CLOSED', 'broadcast.send: the broadcast is closed');
    if (status === UNSEATED) throw this.attachment.unseated();
    const seat = Atomics.load(this.words, this.tape + TAPE_PRODUCER) & 0xff;
    throw new RingwellError(
      'ERR_USAGE',
      `broadcast.send: seat ${seat} is the sender; this is seat ${this.attachment.seat}`,
    );
  }
}

/** Grains that a message takes, with its header. */
function grainsOf(length: number): number {
  return (length + LENGTH_ROUND) >>> GRAIN_SHIFT;
}

function told({ grains, gated, records }: ReturnType<typeof shapeOf>): string {
  return `${grains << GRAIN_SHIFT} bytes, ${gated ? 'gated' : 'lossy'}, for ${records} subscribers`;
}
