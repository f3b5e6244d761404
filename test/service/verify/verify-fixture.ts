import { join } from "node:path";
import pg from "pg";
import { sessionUrl } from "#lib/sql/data-place.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { booksPlace } from "#services/commerce/payments/providers/test-provider-books.ts";
import { dataPlaceOf, freshNamespace } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { type VerifyOptions, verify } from "#tools/verify/verify.ts";

const FOLDERS = {
  orders: "commerce/orders",
  payments: "commerce/payments",
  inventory: "logistics/inventory",
  customers: "identity/customers",
  pricing: "product/pricing",
  promotions: "product/promotions",
  ledger: "commerce/ledger",
  fraud: "commerce/fraud",
} as const;
/** `provider` stands for the books of the test provider. */
export type Service = keyof typeof FOLDERS | "provider";

/** OrderStatusChanged concerns inventory only with a field that none of these events has. */
const LISTENERS = new Map(
  ["inventory", "payments"].map((group) => [
    group,
    new Map([
      ["orders.events/OrderCreated", []],
      ...(group === "inventory" ? [["orders.events/OrderStatusChanged", [{ newStatus: ["paid"] }]] as const] : []),
    ]),
  ]),
);

const BOOKS = "commerce/payments/providers/migrations";

/** Some events of each key, sent, of which the first is an OrderCreated where `created` names it. */
const publish = (topic: string, counts: Record<string, number>) =>
  Object.entries(counts)
    .map(
      ([key, last]) =>
        `INSERT INTO event_sequence VALUES ('${topic}', '${key}', ${last});
         INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                             causation_id, producer)
         SELECT 'evt_${key}_' || n, CASE n WHEN 1 THEN 'OrderCreated' ELSE 'OrderStatusChanged' END, now(), '1.0', '{}',
                '${topic}', '${key}', n, 'c', 'c', 'test'
         FROM generate_series(1, ${last}) AS n;
         UPDATE outbox_position SET sent_to = (SELECT max(id) FROM outbox);`,
    )
    .join("\n");

const hear = (group: string) =>
  ["ord_paid", "ord_new", "ord_void", "ord_back", "ord_wait"]
    .map((key) => `INSERT INTO inbox VALUES ('${group}', 'evt_${key}_1');`)
    .join("\n");

/** One order that is paid, one just begun, one under review, one cancelled before and one after it was paid; and their customer. */
const ROWS: Record<Service, string> = {
  orders: `
    INSERT INTO orders (order_id, customer_id, status, payment_status, shipping_status, total_minor, captured_minor,
                        refunded_minor, currency, shipping_address, payment_method_id, version, deadline_at, reason,
                        created_at, updated_at, estimated_delivery)
    SELECT id, 'cust_1', status, 'x', 'x', total, captured, refunded, 'USD', '{}', 'pm', version,
           now() + make_interval(mins => due), reason, now(), now(), now()
    FROM (VALUES ('ord_paid', 'paid', 2000, 2000, 0, 3, 60, NULL), ('ord_new', 'pending_payment', 500, 0, 0, 1, 10, NULL),
                 ('ord_wait', 'pending_payment', 350, 0, 0, 1, 10, NULL),
                 ('ord_void', 'cancelled', 700, 0, 0, 2, NULL, 'why'), ('ord_back', 'cancelled', 300, 300, 300, 4, NULL, 'why'))
      AS o (id, status, total, captured, refunded, version, due, reason);
    INSERT INTO order_line (order_id, line_no, product_id, sku, title, quantity, price_minor) VALUES
      ('ord_paid', 1, 'p', 'a', 't', 1, 1000), ('ord_paid', 2, 'p', 'a', 't', 1, 1000), ('ord_new', 1, 'p', 'b', 't', 1, 500),
      ('ord_wait', 1, 'p', 'b', 't', 1, 400), ('ord_void', 1, 'p', 'a', 't', 1, 700), ('ord_back', 1, 'p', 'a', 't', 3, 100);
    UPDATE order_line l SET price_minor = price_minor + amount, discount_minor = amount
    FROM (VALUES ('ord_paid', 200), ('ord_void', 99)) AS d (id, amount) WHERE order_id = id AND line_no = 1;
    UPDATE order_line SET discount_minor = 50 WHERE order_id = 'ord_wait';
    UPDATE orders o SET discounts = json_build_array(
      json_build_object('promotionId', 'promo_1', 'name', 'Ten off', 'amountMinor', discount_minor))
    FROM order_line l WHERE l.order_id = o.order_id AND discount_minor > 0;
    UPDATE orders SET discounts = '[{"promotionId":"promo_1","amountMinor":45},{"promotionId":"deal_1","amountMinor":5}]'
    WHERE order_id = 'ord_wait';
    INSERT INTO order_history
    SELECT id, version, 'step', before, after, cause, 'c', 's', 'n', now(), '{}'
    FROM (VALUES ('ord_paid', 1, NULL, 'pending_payment', 'req_1'), ('ord_paid', 2, 'pending_payment', 'confirmed', 'evt_1'),
                 ('ord_paid', 3, 'confirmed', 'paid', 'evt_1'), ('ord_new', 1, NULL, 'pending_payment', 'req_2'),
                 ('ord_wait', 1, NULL, 'pending_payment', 'req_7'),
                 ('ord_void', 1, NULL, 'pending_payment', 'req_3'), ('ord_void', 2, 'pending_payment', 'cancelled', 'req_4'),
                 ('ord_back', 1, NULL, 'pending_payment', 'req_5'), ('ord_back', 2, 'pending_payment', 'confirmed', 'evt_2'),
                 ('ord_back', 3, 'confirmed', 'paid', 'evt_3'), ('ord_back', 4, 'paid', 'cancelled', 'req_6'))
      AS h (id, version, before, after, cause);
    UPDATE orders SET under_review = true WHERE order_id = 'ord_wait';
    ${publish("orders.events", { ord_paid: 3, ord_new: 1, ord_void: 3, ord_back: 5, ord_wait: 1 })}`,
  payments: `
    INSERT INTO payable (order_id, created, customer_id, amount_minor, currency, payment_method_id)
    SELECT 'ord_' || name, true, 'cust_1', 1, 'USD', 'pm' FROM unnest('{paid, new, void, back}'::text[]) AS name;
    INSERT INTO payment (payment_id, order_id, customer_id, amount_minor, currency, payment_method_id, state, held_minor,
                         captured_minor, refunded_minor, provider_reference)
    SELECT 'pay_' || name, 'ord_' || name, 'cust_1', amount, 'USD', 'pm', state, held, captured, refunded, 'test_charge_' || name
    FROM (VALUES ('paid', 2000, 'captured', 0, 2000, 0), ('new', 500, 'authorized', 500, 0, 0),
                 ('void', 700, 'voided', 0, 0, 0), ('back', 300, 'refunded', 0, 300, 300))
      AS p (name, amount, state, held, captured, refunded);
    -- A gift card pays a part of the new one.
    UPDATE payment SET stored_minor = 200, parts = '[{"type": "giftCard", "giftCardId": "gift_1", "amountMinor": 200, "refundedMinor": 0}]'
    WHERE payment_id = 'pay_new';
    INSERT INTO stored_value (account_id, kind, currency, code_hash, last4, balance_minor, reserved_minor)
    VALUES ('gift_1', 'giftCard', 'USD', 'hash', '3WNE', 1000, 200);
    INSERT INTO stored_value_entry (account_id, kind, balance_minor, reserved_minor, payment_id, order_id)
    VALUES ('gift_1', 'issued', 1000, 0, NULL, NULL), ('gift_1', 'reserved', 0, 200, 'pay_new', 'ord_new');
    ${hear("payments")}`,
  provider: `
    INSERT INTO charge (charge_id, order_id, last4, currency, amount_minor, waiting, held_minor, captured_minor,
                        refunded_minor)
    SELECT 'test_charge_' || name, 'ord_' || name, '4242', 'USD', amount, false, held, captured, refunded
    FROM (VALUES ('paid', 2000, 0, 2000, 0), ('new', 300, 300, 0, 0), ('void', 700, 0, 0, 0), ('back', 300, 0, 300, 300))
      AS c (name, amount, held, captured, refunded);`,
  inventory: `
    INSERT INTO warehouse VALUES ('wh', 'Warehouse', now());
    INSERT INTO stock VALUES ('a', 'wh', 8, 0), ('b', 'wh', 5, 1);
    INSERT INTO reservation (order_id, state, expires_at) VALUES ('ord_paid', 'committed', NULL),
      ('ord_new', 'reserved', now() + interval '1 hour'), ('ord_void', 'released', NULL), ('ord_back', 'released', NULL);
    INSERT INTO reservation_line VALUES ('ord_paid', 'a', 'wh', 2), ('ord_new', 'b', 'wh', 1), ('ord_void', 'a', 'wh', 1),
      ('ord_back', 'a', 'wh', 3);
    INSERT INTO movement (reference, kind, sku, warehouse_id, delta) VALUES ('op_1', 'adjust', 'a', 'wh', 10),
      ('op_2', 'adjust', 'b', 'wh', 5), ('ord_paid', 'commit', 'a', 'wh', -2), ('ord_back', 'commit', 'a', 'wh', -3),
      ('ord_back', 'restock', 'a', 'wh', 3);
    ${publish("inventory.events", { ord_paid: 2, ord_new: 1, ord_void: 2, ord_back: 3 })}
    ${hear("inventory")}`,
  fraud: `
    INSERT INTO review (order_id, customer_id, status, total_minor, currency, deadline_at, decided_at)
    VALUES ('ord_wait', 'cust_1', 'open', 400, 'USD', now() + interval '1 day', NULL),
           ('ord_void', 'cust_1', 'closed', 700, 'USD', now(), now());`,
  customers: `
    INSERT INTO customer (customer_id, email, first_name, last_name) VALUES ('cust_1', 'a@b.c', 'A', 'B');
    INSERT INTO customer_group VALUES ('trade', 'Trade'), ('vip', 'VIP');
    INSERT INTO group_member VALUES ('cust_1', 'trade'), ('cust_1', 'vip');`,
  pricing: `
    -- The price of b has changed just before the second order was placed.
    INSERT INTO price (sku, currency, amount_minor)
    VALUES ('b', 'USD', 400), ('c', 'USD', 900), ('s', 'USD', 300), ('t', 'EUR', 150);
    INSERT INTO price_change_part (shard, valid_from, skus, currencies, amounts)
    VALUES ('prices-1', now(), '{s,t}', '{USD,EUR}', '{300,150}');
    INSERT INTO price_change (sku, currency, amount_minor, valid_from)
    VALUES ('b', 'USD', 500, now() - interval '1 day'), ('c', 'USD', 900, now()), ('b', 'USD', 400, now() - interval '20 s');
    INSERT INTO price_list (code, currency, priority) VALUES ('SALE', 'USD', 1);
    INSERT INTO list_price (list, sku, min_quantity, amount_minor) VALUES ('SALE', 'c', 1, 800);
    INSERT INTO list_price_change (list, sku, warehouse_id, min_quantity, amount_minor, valid_from)
    VALUES ('SALE', 'c', '', 1, 850, now()), ('SALE', 'c', '', 1, 800, now()), ('SALE', 'c', '', 5, 700, now()),
           ('SALE', 'c', '', 5, NULL, now()), ('OVER', 'c', '', 1, 1, now()), ('OVER', 'c', '', 1, NULL, now());
    INSERT INTO customer_group VALUES ('cust_1', '{vip, trade}', 1);`,
  promotions: `
    INSERT INTO promotion (promotion_id, name, only_with_code, conditions, effect, starts_at, priority, exclusive, version,
                           created_at)
    VALUES ('promo_1', 'Ten off', false, '[]', '{}', now(), 0, false, 1, now());
    INSERT INTO promotion_use VALUES ('promo_1', 2, 245, 2, 245);
    INSERT INTO promotion_code VALUES ('ONCE', 'promo_1', 'Once', true, 'ord_wait'), ('FREE', 'promo_1', 'Free', true, NULL);
    INSERT INTO reservation (order_id, customer_id, state)
    VALUES ('ord_paid', 'cust_1', 'committed'), ('ord_wait', 'cust_1', 'ordered'), ('ord_void', 'cust_1', 'released');
    INSERT INTO redemption VALUES ('ord_paid', 'promo_1', 'cust_1', NULL, 200, 'USD'),
      ('ord_wait', 'promo_1', 'cust_1', 'once', 45, 'USD'), ('ord_void', 'promo_1', 'cust_1', 'Free', 99, 'USD');
    INSERT INTO deal (deal_id, sku, currency, price_minor, slots, per_customer, claim_seconds, starts_at, ends_at, taken,
                      waiting, last_number)
    VALUES ('deal_1', 's', 'USD', 1, 2, 1, 60, now() - interval '1 hour', now() + interval '1 hour', 2, 1, 4);
    INSERT INTO deal_claim (claim_id, deal_id, number, customer_id, state, expires_at, order_id, amount_minor, end_reason,
                            claimed_at, granted_at, ended_at)
    VALUES ('claim_1', 'deal_1', 1, 'cust_1', 'ordered', now(), 'ord_wait', 5, NULL, now(), now(), NULL),
           ('claim_2', 'deal_1', 2, 'cust_2', 'granted', now(), NULL, NULL, NULL, now(), now(), NULL),
           ('claim_3', 'deal_1', 3, 'cust_3', 'queued', NULL, NULL, NULL, NULL, now(), NULL, NULL),
           ('claim_4', 'deal_1', 4, 'cust_2', 'ended', NULL, NULL, NULL, 'given_back', now(), NULL, now());`,
  ledger: `
    INSERT INTO entry (entry_id, event_id, event_type, topic, order_id, payment_id, currency, total_minor, occurred_at, booked_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, 'evt_' || id, type, 'payments.events', 'ord_' || name, 'pay_' || name, 'USD', total, now(), now()
    FROM (VALUES (1, 'PaymentCompleted', 'paid', 2000), (2, 'PaymentCompleted', 'back', 300),
                 (3, 'PaymentRefunded', 'back', 300), (4, 'InvoiceIssued', 'paid', 2000)) AS e (id, type, name, total);
    INSERT INTO line
    SELECT entry_id, no, account, 'USD', booked_at, debit, credit
    FROM entry JOIN (VALUES
      (1, 1, 'clearing:test', 2000, 0), (1, 2, 'customer:cust_1', 0, 2000), (2, 1, 'clearing:test', 300, 0),
      (2, 2, 'customer:cust_1', 0, 300), (3, 1, 'customer:cust_1', 300, 0), (3, 2, 'clearing:test', 0, 300),
      (4, 1, 'customer:cust_1', 2000, 0), (4, 2, 'sales', 0, 2000)) AS l (entry_id, no, account, debit, credit) USING (entry_id);
    INSERT INTO summing (summed_to) VALUES (3);
    INSERT INTO balance
    SELECT account, 'USD', (now() AT TIME ZONE 'UTC')::date, debit, credit
    FROM (VALUES ('clearing:test', 2300, 300), ('customer:*', 300, 2300)) AS b (account, debit, credit);`,
};

/** The rows of a consistent shop, in schemas without constraints, so that a test can make them inconsistent. */
export class HealthyRows {
  readonly #namespace = freshNamespace();
  readonly #clients = new Map<Service, pg.Client>();
  /** SQL that empties a schema; for few rows DELETE is much faster than TRUNCATE. */
  readonly #clear = new Map<Service, string>();

  /** @param withLedger a shop may have no books */
  static async make({ withLedger = false } = {}): Promise<HealthyRows> {
    const rows = new HealthyRows();
    const folders = Object.entries(FOLDERS)
      .filter(([service]) => withLedger || service !== "ledger")
      .map(([service, folder]) => [service, `${folder}/migrations`] as const);
    for (const [service, folder] of [...folders, ["provider", BOOKS] as const]) {
      const place =
        service === "provider"
          ? booksPlace(dataPlaceOf(rows.#namespace, "payments"))
          : dataPlaceOf(rows.#namespace, service);
      const services = join(import.meta.dirname, "../../../services");
      const { role, ...reached } = await migrate(place, join(services, folder), { platform: service !== "provider" });
      const client = new pg.Client({ connectionString: sessionUrl(reached) }); // with the rights of a superuser
      await client.connect();
      rows.#clients.set(service as Service, client);
      const { rows: checks } = await client.query<{ drop: string }>(
        `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop
         FROM pg_constraint WHERE contype IN ('c', 'f') AND connamespace = current_schema()::regnamespace`,
      );
      const { rows: triggers } = await client.query<{ drop: string }>(
        `SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) AS drop FROM pg_trigger
         JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace`,
      );
      for (const { drop } of [...checks, ...triggers]) await client.query(drop);
      const { rows: tables } = await client.query<{ clear: string }>(
        `SELECT string_agg(format('DELETE FROM %I;', tablename), ' ') AS clear
         FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT IN ('migration', 'outbox_position')`,
      );
      const outbox = "ALTER SEQUENCE outbox_id_seq RESTART; UPDATE outbox_position SET sent_to = 0;";
      rows.#clear.set(service as Service, `${tables[0]?.clear} ${service === "provider" ? "" : outbox}`);
    }
    await rows.run("payments", "DROP INDEX payment_live");
    return rows;
  }

  /** Restores the consistent rows. */
  async heal(): Promise<void> {
    await Promise.all(
      [...this.#clients].map(([service, client]) => client.query(this.#clear.get(service) + ROWS[service])),
    );
  }

  /** @param sql of several services by their names, or of this one */
  async run(service: Service, sql: string | Partial<Record<Service, string>>): Promise<void> {
    const all = typeof sql === "string" ? { [service]: sql } : sql;
    for (const [name, text] of Object.entries(all)) await this.#clients.get(name as Service)?.query(text);
  }

  verify(options: Partial<VerifyOptions> = {}) {
    return verify({
      server: postgresUrl(),
      namespace: this.#namespace,
      listeners: LISTENERS,
      graceSeconds: 0,
      ...options,
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end();
  }
}
