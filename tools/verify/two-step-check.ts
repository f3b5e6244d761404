import type { ServiceDatabases } from "./databases.ts";
import type { Finding, Inspection, Invariant, Suspect } from "./invariant.ts";

/** Suspects kept for each invariant between the two looks. With more suspects than that, their exact number does not matter. */
export const SUSPECTS = 10_000;

interface Seen {
  checked: number;
  suspects: Map<string, string>;
}

/**
 * Checks one inspection in two steps. Services commit one after the other, and their databases are read one after the
 * other, so a row that is half done at the first look is complete at the second. Only a row that is wrong in the same way
 * at both looks violates an invariant.
 */
export class TwoStepCheck {
  readonly #inspection: Inspection;
  #first = new Map<string, Seen>();
  #second: Map<string, Seen> | undefined;
  #failed: string | undefined;
  /** The shop runs without a service that the inspection reads, and may. */
  #absent = false;

  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  async look(databases: ServiceDatabases): Promise<void> {
    this.#first = await this.#attempt(databases);
  }

  get suspicious(): boolean {
    return this.#failed === undefined && this.#ids().length > 0;
  }

  async lookAgain(databases: ServiceDatabases): Promise<void> {
    if (this.suspicious) this.#second = await this.#attempt(databases, this.#ids());
  }

  findings(examples: number, strict: boolean): Finding[] {
    return this.#inspection.invariants.map((invariant) => this.#finding(invariant, examples, strict));
  }

  #ids(): string[] {
    return [...new Set([...this.#first.values()].flatMap(({ suspects }) => [...suspects.keys()]))];
  }

  async #attempt(databases: ServiceDatabases, ids?: readonly string[]): Promise<Map<string, Seen>> {
    const seen = new Map<string, Seen>(
      this.#inspection.invariants.map(({ name }) => [name, { checked: 0, suspects: new Map() }]),
    );
    const missing = this.#inspection.reads.filter((service) => !databases.has(service));
    this.#absent = missing.length > 0 && this.#inspection.optional === true;
    if (this.#absent) return seen;
    try {
      if (missing.length > 0) throw new Error(`There are no data of ${missing.join(" and ")}.`);
      for await (const { invariant, checked, suspects } of this.#inspection.look(databases, ids)) {
        const so = seen.get(invariant);
        if (!so) throw new Error(`There is no invariant ${invariant}.`);
        so.checked += checked;
        for (const { id, wrong } of suspects) if (so.suspects.size < SUSPECTS) so.suspects.set(id, wrong);
      }
    } catch (error) {
      this.#failed = error instanceof Error ? error.message : String(error);
    }
    return seen;
  }

  #finding({ name, says, advisory }: Invariant, examples: number, strict: boolean): Finding {
    const { checked = 0, suspects = new Map<string, string>() } = this.#first.get(name) ?? {};
    const base = { invariant: name, says, checked, violations: 0, examples: [] };
    if (this.#failed !== undefined) return { ...base, outcome: "unchecked", why: this.#failed };
    if (this.#absent) return { ...base, outcome: "notice", why: "not part of this shop" };
    const again = this.#second?.get(name)?.suspects;
    const broken: Suspect[] = [...suspects]
      .filter(([id, wrong]) => again?.get(id) === wrong)
      .map(([id, wrong]) => ({ id, wrong }));
    const outcome = broken.length === 0 ? "holds" : advisory && !strict ? "notice" : "violated";
    return { ...base, outcome, violations: broken.length, examples: broken.slice(0, examples) };
  }
}
