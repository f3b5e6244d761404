import { toMajor } from "#lib/contract/money.ts";
import { type PaymentStatus, shownPaymentStatus } from "#services/commerce/orders/domain/order.ts";
import type { ServiceDatabases } from "./databases.ts";
import type { Inspection, Suspect } from "./invariant.ts";

export interface ApiOptions {
  /** Of a gateway, such as `http://127.0.0.1:3000`. */
  url: string;
  /** Staff who may read orders and payments. */
  email: string;
  password: string;
}

const SAMPLE = 25; // newest and oldest, of orders and of payments each
const ANSWER_MS = 10_000;

const invariant = {
  name: "api.agrees",
  says: "The gateway is ready, and tells of orders and payments what the databases do.",
};

/** A sample read through the gateway. */
export function apiInspection(options: ApiOptions): Inspection {
  return {
    invariants: [invariant],
    reads: ["orders", "payments"],
    async *look(databases) {
      const health = await ask(options.url, "/health/ready");
      if (health.status !== 200) {
        yield {
          invariant: invariant.name,
          checked: 1,
          suspects: [{ id: options.url, wrong: `not ready: ${health.status}` }],
        };
        return;
      }
      const token = await logIn(options);
      const expected = [...(await sampleOfOrders(databases)), ...(await sampleOfPayments(databases))];
      const suspects: Suspect[] = [];
      for (const { path, says } of expected) {
        const { status, body } = await ask(options.url, `/api/v1${path}`, { token });
        const differing = Object.entries(says).filter(([name, value]) => body[name] !== value);
        const wrong =
          status === 200
            ? differing.map(([name, value]) => `${name} is ${body[name]}, in the database ${value}`).join("; ")
            : `answered ${status}`;
        if (wrong) suspects.push({ id: path, wrong });
      }
      yield { invariant: invariant.name, checked: 1 + expected.length, suspects };
    },
  };
}

interface Expected {
  path: string;
  says: Record<string, string | number>;
}

async function sampleOfOrders(databases: ServiceDatabases): Promise<Expected[]> {
  const database = await databases.of("orders");
  const rows = await database.query<{
    id: string;
    status: string;
    payment_status: PaymentStatus;
    total: number;
    currency: string;
  }>(bothEnds("orders", "order_id", "status, payment_status, total_minor AS total, currency"), [SAMPLE]);
  return rows.map(({ id, status, payment_status: paymentStatus, total, currency }) => ({
    path: `/orders/${id}`,
    says: {
      orderId: id,
      status,
      paymentStatus: shownPaymentStatus(paymentStatus),
      totalAmount: toMajor(total, currency),
      currency,
    },
  }));
}

async function sampleOfPayments(databases: ServiceDatabases): Promise<Expected[]> {
  const database = await databases.of("payments");
  const columns = "order_id, amount_minor AS amount, captured_minor AS captured, refunded_minor AS refunded, currency";
  const rows = await database.query<{
    id: string;
    order_id: string;
    amount: number;
    captured: number;
    refunded: number;
    currency: string;
  }>(bothEnds("payment", "payment_id", columns), [SAMPLE]);
  return rows.map(({ id, order_id: orderId, amount, captured, refunded, currency }) => ({
    path: `/payments/${id}`,
    says: {
      paymentId: id,
      orderId,
      amount: toMajor(amount, currency),
      capturedAmount: toMajor(captured, currency),
      refundedAmount: toMajor(refunded, currency),
      currency,
    },
  }));
}

/** The oldest and the newest rows: ids sort by the time they were made. */
function bothEnds(table: string, id: string, columns: string): string {
  const end = (direction: "ASC" | "DESC") =>
    `(SELECT ${id} AS id, ${columns} FROM ${table} ORDER BY ${id} ${direction} LIMIT $1)`;
  return `${end("ASC")} UNION ${end("DESC")}`;
}

async function logIn({ url, email, password }: ApiOptions): Promise<string> {
  const { status, body } = await ask(url, "/api/v1/auth/staff/login", { body: { email, password } });
  if (typeof body.accessToken === "string") return body.accessToken;
  throw new Error(`${email} cannot log in at ${url}: ${status}. Set ADMIN_EMAIL and ADMIN_PASSWORD.`);
}

async function ask(
  url: string,
  path: string,
  { token, body }: { token?: string; body?: object } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(new URL(path, url), {
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json");
  return { status: response.status, body: json ? (JSON.parse(text) as Record<string, unknown>) : {} };
}
