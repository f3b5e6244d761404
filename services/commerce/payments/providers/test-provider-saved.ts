import { randomBytes } from "node:crypto";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { ProviderMethod, SavedCard, SavedMethods } from "./provider.ts";

const TOKEN = "test_pm_";
const BEHAVES_AS = "pm_card_visa";
const CARD = { brand: "visa", last4: "4242", expiresMonth: 12, expiresYear: 2040 };

const SET_UP = `
  INSERT INTO saved_card (setup_key, setup_id, token, customer_id, behaves_as) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (setup_key) DO UPDATE SET setup_key = excluded.setup_key
  RETURNING setup_id, customer_id`;

/**
 * Saved methods of the test provider. Nobody enters a card: a setup saves one at once, which behaves like Stripe's
 * `pm_card_visa`. Its token is nobody else's, as that of a real provider.
 */
export function testSavedMethods(books: Queryable): SavedMethods {
  return {
    async setUp({ setupId, customerId, customerReference }) {
      const customer = customerReference ?? `test_cus_${customerId}`;
      const [row] = await books.query<{ setup_id: string; customer_id: string }>(SET_UP, [
        setupId,
        `test_seti_${setupId}`,
        `${TOKEN}${randomBytes(12).toString("hex")}`,
        customer,
        BEHAVES_AS,
      ]);
      if (!row) throw new Error(`The test provider has lost ${setupId}.`);
      const reference = row.setup_id;
      return { reference, clientSecret: `${reference}_secret_test`, customerReference: row.customer_id };
    },
    async result(setupReference): Promise<SavedCard | undefined> {
      const [row] = await books.query<{ token: string; customer_id: string }>(
        "SELECT token, customer_id FROM saved_card WHERE setup_id = $1 AND NOT forgotten",
        [setupReference],
      );
      return row && { token: row.token, customerReference: row.customer_id, ...CARD };
    },
    async forget(token) {
      await books.query("UPDATE saved_card SET forgotten = true WHERE token = $1", [token]);
    },
  };
}

/**
 * The public test methods as which saved cards behave, by token. A token that is forgotten, or of another customer, has none
 * and is declined.
 */
export async function behaviourOfSaved(
  books: Queryable,
  methods: readonly ProviderMethod[],
): Promise<ReadonlyMap<string, string>> {
  const saved = methods.flatMap((method) => (method.type === "card" && method.token.startsWith(TOKEN) ? [method] : []));
  if (saved.length === 0) return new Map();
  const rows = await books.query<{ token: string; behaves_as: string }>(
    `SELECT token, behaves_as FROM saved_card
     JOIN unnest($1::text[], $2::text[]) AS asked (token, customer_id) USING (token, customer_id) WHERE NOT forgotten`,
    [saved.map(({ token }) => token), saved.map(({ customerReference }) => customerReference ?? "")],
  );
  return new Map(rows.map(({ token, behaves_as }) => [token, behaves_as]));
}
