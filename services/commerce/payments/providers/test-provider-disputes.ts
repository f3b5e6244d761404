import type { Queryable } from "#lib/sql/transaction.ts";
import type { Dispute } from "../domain/charge.ts";
import type { Disputes } from "./provider.ts";

const REASON = "fraudulent";
/** Texts with which the bank decides at once, as in Stripe's test mode; it looks into any other evidence. */
const WINNING = "winning_evidence";
const LOSING = "losing_evidence";

const DISPUTE = `
  SELECT dispute_id AS reference, charge_id AS "chargeReference", currency, d.amount_minor AS "amountMinor", status
  FROM dispute d JOIN charge USING (charge_id) WHERE dispute_id = $1`;

const SUBMIT = `
  UPDATE dispute SET evidence = $2, evidence_key = $3,
    status = CASE WHEN $2 LIKE '%${WINNING}%' THEN 'won' WHEN $2 LIKE '%${LOSING}%' THEN 'lost' ELSE 'under_review' END
  WHERE dispute_id = $1 AND evidence_key IS NULL AND status = 'needs_response'`;

/** The disputes of the test provider's books. */
export function testDisputes(books: Queryable): Disputes {
  const get = async (reference: string): Promise<Dispute | undefined> => {
    const [row] = await books.query<Omit<Dispute, "reason" | "evidenceDueBy">>(DISPUTE, [reference]);
    return row && { ...row, reason: REASON, evidenceDueBy: null };
  };
  return {
    get,
    async submitEvidence(reference, { explanation }, key) {
      await books.query(SUBMIT, [reference, explanation, key]);
      const dispute = await get(reference);
      if (!dispute) throw new Error(`The test provider has lost ${reference}.`);
      return dispute;
    },
  };
}
