import type { DocumentType } from "../domain/seller.ts";

/** What a provider is told about an applicant. */
export interface Applicant {
  /** Stays the same when the question is asked again. */
  checkId: string;
  name: string;
  country: string;
  legalName: string | null;
  taxId: string | null;
  documents: readonly DocumentType[];
}

export type Verdict = { kind: "passed" } | { kind: "doubted" } | { kind: "failed"; reason: string };

/** Checks who an applicant is. */
export interface KycProvider {
  /** @throws when it cannot be reached, or does not know yet: then it is asked again */
  check(applicant: Applicant, signal: AbortSignal): Promise<Verdict>;
}

/** Leaves every decision to people: in production, where no provider is built in. */
export const peopleDecide: KycProvider = { check: async () => ({ kind: "doubted" }) };

/** Decides by the name, for development and tests. */
export const testKyc: KycProvider = {
  async check({ name }) {
    if (/\bunreachable\b/i.test(name)) throw new Error("The test provider cannot be reached, as the name says.");
    if (/\breject\b/i.test(name)) return { kind: "failed", reason: "The name asks the test provider to reject it." };
    return /\breview\b/i.test(name) ? { kind: "doubted" } : { kind: "passed" };
  },
};
