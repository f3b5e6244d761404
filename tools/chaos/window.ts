import type { Random } from "./random.ts";

const SIZE = 50;
const FLUSH_MS = 300; // after this time a window is released although it is not full

/** Releases items in random order: half of a full window at a time, and sometimes all of it. */
export class Window<Thing> {
  readonly #random: Random;
  readonly #pass: (thing: Thing) => void;
  readonly #timer: NodeJS.Timeout;
  #waiting: Thing[] = [];

  constructor(random: Random, pass: (thing: Thing) => void) {
    this.#random = random;
    this.#pass = pass;
    this.#timer = setInterval(() => this.#let(this.#waiting.length), FLUSH_MS).unref();
  }

  add(thing: Thing): void {
    this.#waiting.push(thing);
    if (this.#waiting.length >= SIZE) this.#let(SIZE / 2);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#let(this.#waiting.length);
  }

  #let(count: number): void {
    const order = this.#random.shuffled(this.#waiting);
    this.#waiting = order.slice(count);
    for (const thing of order.slice(0, count)) this.#pass(thing);
  }
}
