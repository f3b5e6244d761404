import type { Queryable } from "#lib/sql/transaction.ts";
import type { Answer } from "../domain/operation.ts";
import type { ProviderRequest, RequestOf } from "./provider.ts";
import { answerTo } from "./test-methods.ts";
import { behaviourOfSaved } from "./test-provider-saved.ts";

export type Move = RequestOf<"confirm" | "capture" | "void" | "refund">;

/** The id of a request's charge. An authorisation names its charge after its key, so the same key is the same charge. */
export function chargeOf(request: ProviderRequest): string {
  return request.kind === "authorize" ? `test_charge_${request.key}` : request.reference;
}

const AUTHORIZE = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::json[], $5::text[], $6::text[], $7::text[], $8::text[])
      AS a (key, charge_id, amount, answer, outcome, order_id, last4, currency)
  ), fresh AS (
    INSERT INTO call (idempotency_key, kind, charge_id, amount_minor, answer)
    SELECT key, 'authorize', charge_id, amount, answer FROM asked ORDER BY key
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING idempotency_key, answer
  ), charged AS (
    INSERT INTO charge (charge_id, order_id, last4, currency, amount_minor, waiting, held_minor)
    SELECT charge_id, order_id, last4, currency, amount, outcome = 'actionRequired',
           CASE WHEN outcome = 'authorized' THEN amount ELSE 0 END
    FROM asked JOIN fresh ON idempotency_key = key WHERE outcome <> 'declined'
  )
  SELECT idempotency_key AS key, answer, false AS failed FROM fresh`;

/** Makes each charge once, all in one statement and one commit. */
export async function authorizeAll(
  db: Queryable,
  requests: readonly RequestOf<"authorize">[],
  expiresAt: string,
): Promise<Reply[]> {
  const saved = await behaviourOfSaved(
    db,
    requests.map(({ method }) => method),
  );
  const answers = requests.map((request) => {
    const { method } = request;
    const behaviour = method.type === "card" ? saved.get(method.token) : undefined;
    return answerTo(behaviour ? { type: "card", token: behaviour } : method, chargeOf(request), expiresAt);
  });
  const fresh = await db.query<StoredReply>(AUTHORIZE, [
    requests.map(({ key }) => key),
    requests.map(chargeOf),
    requests.map(({ amountMinor }) => amountMinor),
    answers.map((answer) => JSON.stringify(answer)),
    answers.map(({ kind }) => kind),
    requests.map(({ orderId }) => orderId),
    answers.map((answer) => ("last4" in answer && answer.last4) || ""),
    requests.map(({ currency }) => currency),
  ]);
  return repliesInOrder(db, requests, fresh);
}

// The charge is locked and checked before the call is stored. A known key keeps its first answer and moves nothing.
const MOVE = `
  WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS a (key, kind, charge_id, amount)
  ), target AS MATERIALIZED (
    SELECT * FROM charge WHERE charge_id IN (SELECT charge_id FROM asked) ORDER BY charge_id FOR UPDATE
  ), judged AS MATERIALIZED (
    SELECT a.*, c.amount_minor, c.last4, c.held_minor - a.amount AS left_minor,
           coalesce(CASE a.kind WHEN 'capture' THEN c.held_minor >= a.amount
                                WHEN 'refund' THEN c.captured_minor - c.refunded_minor >= a.amount
                                WHEN 'confirm' THEN c.waiting
                                ELSE true END, false) AS ok
    FROM asked a LEFT JOIN target c USING (charge_id)
  ), fresh AS (
    INSERT INTO call (idempotency_key, kind, charge_id, amount_minor, answer)
    SELECT key, kind, charge_id, amount,
           CASE WHEN NOT ok THEN json_build_object('kind', 'declined', 'decline',
                  json_build_object('code', 'charge_state', 'message', 'The charge does not allow to ' || kind || ' it.'))
                WHEN kind = 'confirm' THEN json_build_object('kind', 'authorized', 'reference', charge_id, 'last4', last4, 'expiresAt', $5::text)
                WHEN kind = 'capture' THEN json_build_object('kind', 'captured', 'heldMinor', left_minor)
                WHEN kind = 'void' THEN json_build_object('kind', 'voided')
                ELSE json_build_object('kind', 'refunded') END
    FROM judged ORDER BY key
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING idempotency_key, answer
  ), moved AS (
    UPDATE charge c SET
      waiting = c.waiting AND j.kind NOT IN ('confirm', 'void'),
      held_minor = CASE j.kind WHEN 'confirm' THEN c.amount_minor WHEN 'capture' THEN c.held_minor - j.amount
                               WHEN 'void' THEN 0 ELSE c.held_minor END,
      captured_minor = c.captured_minor + CASE j.kind WHEN 'capture' THEN j.amount ELSE 0 END,
      refunded_minor = c.refunded_minor + CASE j.kind WHEN 'refund' THEN j.amount ELSE 0 END
    FROM judged j JOIN fresh ON idempotency_key = j.key
    WHERE c.charge_id = j.charge_id AND j.ok
  )
  SELECT idempotency_key AS key, answer, false AS failed FROM fresh`;

/** Confirms, captures, voids and refunds charges, each once. A batch has at most one request for each charge. */
export async function moveAll(db: Queryable, requests: readonly Move[], expiresAt: string): Promise<Reply[]> {
  const fresh = await db.query<StoredReply>(MOVE, [
    requests.map(({ key }) => key),
    requests.map(({ kind }) => kind),
    requests.map(chargeOf),
    requests.map(({ amountMinor }) => amountMinor),
    expiresAt,
  ]);
  return repliesInOrder(db, requests, fresh);
}

/** The stored reply to a key: the answer, if the request had an effect, or a permanent failure. */
export interface Reply {
  answer: Answer | null;
  failed: boolean;
}

interface StoredReply extends Reply {
  key: string;
}

/** The stored replies to those of these keys that are known. */
export async function storedReplies(db: Queryable, keys: readonly string[]): Promise<Map<string, Reply>> {
  const rows = await db.query<StoredReply>(
    "SELECT idempotency_key AS key, answer, failed FROM call WHERE idempotency_key = ANY ($1::text[])",
    [keys],
  );
  return new Map(rows.map((reply) => [reply.key, reply]));
}

/** From now on the key is answered by a failure, whether its request had an effect or not. A later request has none. */
export async function storeFailure(db: Queryable, request: ProviderRequest): Promise<void> {
  await db.query(
    `INSERT INTO call (idempotency_key, kind, charge_id, amount_minor, failed) VALUES ($1, $2, $3, $4, true)
     ON CONFLICT (idempotency_key) DO UPDATE SET failed = true`,
    [request.key, request.kind, chargeOf(request), request.amountMinor],
  );
}

/** The replies in the order of the requests. Keys that were used before get the replies they got then. */
async function repliesInOrder(
  db: Queryable,
  requests: readonly ProviderRequest[],
  fresh: readonly StoredReply[],
): Promise<Reply[]> {
  const replies = new Map<string, Reply>(fresh.map((reply) => [reply.key, reply]));
  const old = requests.map(({ key }) => key).filter((key) => !replies.has(key));
  if (old.length > 0) for (const [key, reply] of await storedReplies(db, old)) replies.set(key, reply);
  return requests.map(({ key }) => {
    const reply = replies.get(key);
    if (!reply) throw new Error(`The test provider has lost ${key}.`);
    return reply;
  });
}
