/**
 * A fact that somebody else has told. It is relied on for a while at most, because word of its change may be lost, and for a
 * shorter time when that word arrives.
 */
export class BrieflyKnown<Fact> {
  readonly #lastsMs: number;
  #known: { fact: Fact; until: number } | undefined;
  #changes = 0;

  constructor(lastsMs: number) {
    this.#lastsMs = lastsMs;
  }

  /** Undefined: nobody has told it lately. */
  get fact(): Fact | undefined {
    return this.#known && performance.now() < this.#known.until ? this.#known.fact : undefined;
  }

  /** Asks, and keeps what the answer says; not when that has changed meanwhile. */
  async learn<Answer>(question: () => Promise<Answer>, factIn: (answer: Answer) => Fact): Promise<Answer> {
    const [changes, until] = [this.#changes, performance.now() + this.#lastsMs];
    const answer = await question();
    if (changes === this.#changes) this.#known = { fact: factIn(answer), until };
    return answer;
  }

  /** What was told may be wrong by now. */
  forget(): void {
    this.#changes += 1;
    this.#known = undefined;
  }
}
