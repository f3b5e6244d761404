import type { Books } from "./books.ts";
import type { Finding, Inspection, Invariant, Suspect } from "./invariant.ts";

/** Kept per invariant between the two looks. Where more look wrong, the shop has other worries than their exact number. */
export const SUSPECTS = 10_000;

interface Seen {
  checked: number;
  suspects: Map<string, string>;
}

/**
 * Two looks at one inspection. Services commit one after the other, and their databases are read one after the other:
 * what is half done at one look is done at the next. Only what is wrong both times, in the same way, breaks a invariant.
 */
export class Inquiry {
  readonly #inspection: Inspection;
  #first = new Map<string, Seen>();
  #second: Map<string, Seen> | undefined;
  #failed: string | undefined;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  async look(books: Books): Promise<void> {
    this.#first = await this.#attempt(books);
  }

  get suspicious(): boolean {
    return this.#failed === undefined && this.#ids().length > 0;
  }

  async lookAgain(books: Books): Promise<void> {
    if (this.suspicious) this.#second = await this.#attempt(books, this.#ids());
  }

  findings(examples: number, strict: boolean): Finding[] {
    return this.#inspection.invariants.map((invariant) => this.#finding(invariant, examples, strict));
  }

  #ids(): string[] {
    return [...new Set([...this.#first.values()].flatMap(({ suspects }) => [...suspects.keys()]))];
  }

  async #attempt(books: Books, ids?: readonly string[]): Promise<Map<string, Seen>> {
    const seen = new Map<string, Seen>(
      this.#inspection.invariants.map(({ name }) => [name, { checked: 0, suspects: new Map() }]),
    );
    const missing = this.#inspection.reads.filter((service) => !books.has(service));
    try {
      if (missing.length > 0) throw new Error(`There is no database of ${missing.join(" and ")}.`);
      for await (const { invariant, checked, suspects } of this.#inspection.look(books, ids)) {
        const so = seen.get(invariant);
        if (!so) throw new Error(`There is no invariant ${invariant}.`);
        so.checked += checked;
        for (const { id, wrong } of suspects) if (so.suspects.size < SUSPECTS) so.suspects.set(id, wrong);
      }
    } catch (error) {
      this.#failed = error instanceof Error ? error.message : String(error);
      if (missing.length > 0 && this.#inspection.optional) this.#failed = undefined;
    }
    return seen;
  }

  #finding({ name, says, advisory }: Invariant, examples: number, strict: boolean): Finding {
    const { checked = 0, suspects = new Map<string, string>() } = this.#first.get(name) ?? {};
    const base = { invariant: name, says, checked, violations: 0, examples: [] };
    if (this.#failed !== undefined) return { ...base, outcome: "unchecked", why: this.#failed };
    if (this.#inspection.optional && checked === 0)
      return { ...base, outcome: "notice", why: "not part of this shop yet" };
    const again = this.#second?.get(name)?.suspects;
    const broken: Suspect[] = [...suspects]
      .filter(([id, wrong]) => again?.get(id) === wrong)
      .map(([id, wrong]) => ({ id, wrong }));
    const outcome = broken.length === 0 ? "holds" : advisory && !strict ? "notice" : "violated";
    return { ...base, outcome, violations: broken.length, examples: broken.slice(0, examples) };
  }
}
