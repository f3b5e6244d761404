import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Check, Errors } from "typebox/schema";
import { demoAccounts } from "#config/demo.ts";
import { Client, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Shop, startShop } from "#test/support/shop.ts";

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  schema: { default?: unknown };
  example?: unknown;
}
interface Content {
  [type: string]: { schema: object; example?: unknown; "x-example-base64"?: string };
}
interface Response {
  headers?: Record<string, object>;
  content?: Content;
}
interface Operation {
  operationId: string;
  description?: string;
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { content: Content };
  responses: Record<string, Response>;
  security: Record<string, string[]>[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}
interface Route extends Operation {
  method: string;
  path: string;
}

/**
 * The examples that cannot succeed as they stand, and why. Beside them, an operation whose description says that an id comes
 * from another operation is answered with 404.
 */
const UNSUCCESSFUL: Record<string, [status: number, reason: string]> = {
  "payments.authorize": [422, "it needs an order, and the demonstration shop has none"],
  "payments.confirm": [404, "it needs the payment of an order"],
  "payments.capture": [404, "it needs the payment of an order"],
  "payments.refund": [404, "it needs the payment of an order"],
  "payments.get": [404, "it needs the payment of an order"],
  "payments.void": [404, "it needs the payment of an order"],
  "payments.getMethod": [404, "it needs a saved method"],
  "payments.deleteMethod": [404, "it needs a saved method"],
  "payments.receive": [404, "the demonstration shop has no payment provider that notifies"],
  "payments.receiveVnpay": [404, "the demonstration shop has no payment provider that notifies"],
  "payments.retryParked": [404, "no operation ran out of tries"],
  "payments.getDispute": [404, "the test provider has no disputes"],
  "payments.submitEvidence": [404, "the test provider has no disputes"],
  "catalog.publish": [409, "the demonstration shop has no drafts"],
  "catalog.rollBack": [409, "the demonstration shop has no drafts"],
  "auth.refresh": [401, "only a login gives a refresh token"],
  "media.delete": [409, "a product shows each picture of the demonstration shop"],
  "events.deadLetter": [404, "no event has failed"],
  "events.retry": [404, "no event has failed"],
  "events.discard": [404, "no event has failed"],
};

describe("the examples of the API reference", () => {
  let shop: Shop;
  let document: Document;
  let tokens: Record<string, string>;

  beforeAll(async () => {
    shop = await startShop("this process", { RATE_LIMIT: "on" });
    document = (await (await fetch(`${shop.url}/openapi.json`)).json()) as Document;
    const staff = await staffMember(shop);
    const { email, password } = demoAccounts.customer;
    const guest = new Client(shop);
    const login = await eventually(async () => {
      const answer = await guest.post("/auth/login", { email, password });
      expect(answer.status).toBe(200);
      return answer;
    });
    tokens = { staffToken: staff.token ?? "", customerToken: login.body.accessToken };
  }, 60_000);

  afterAll(() => shop?.stop());

  /**
   * The request that Swagger UI sends when nothing was changed: it fills in what has an example or a default.
   * @param ids take the places of the examples with their names
   */
  async function tryOut(
    { method, path, parameters, requestBody, security }: Route,
    ids: Record<string, string> = {},
  ): Promise<globalThis.Response> {
    const filled = parameters.flatMap((parameter) => {
      const { name, in: place, example, schema } = "$ref" in parameter ? resolve(parameter.$ref) : parameter;
      const value = (place === "path" ? ids[name] : undefined) ?? example ?? schema.default;
      return value === undefined ? [] : [{ name, place, value: String(value) }];
    });
    const url = filled
      .filter(({ place }) => place === "path")
      .reduce((text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(value)), path);
    const query = new URLSearchParams();
    for (const { name, place, value } of filled) if (place === "query") query.append(name, value);
    const scheme = security.flatMap(Object.keys).at(-1);
    const example = Object.entries(requestBody?.content["application/json"]?.example ?? {});
    const json = JSON.stringify(Object.fromEntries(example.map(([name, value]) => [name, ids[name] ?? value])));
    const [bytesType, bytes] = bytesExample(requestBody) ?? [];
    return fetch(`${shop.url}/api/v1${url}?${query}`, {
      method,
      headers: {
        ...Object.fromEntries(filled.filter(({ place }) => place === "header").map(({ name, value }) => [name, value])),
        ...(scheme ? { authorization: `Bearer ${tokens[scheme]}` } : {}),
        ...(requestBody ? { "content-type": bytesType ?? "application/json" } : {}),
      },
      ...(requestBody ? { body: bytes ?? json } : {}),
    });
  }

  /** The example of a body that is not JSON. */
  function bytesExample(requestBody: Operation["requestBody"]): [type: string, bytes: Buffer] | undefined {
    for (const [type, { example, "x-example-base64": base64 }] of Object.entries(requestBody?.content ?? {})) {
      if (type === "application/json") continue;
      if (typeof example === "string") return [type, Buffer.from(example)];
      if (base64 !== undefined) return [type.replace("*", "png"), Buffer.from(base64, "base64")];
    }
    return undefined;
  }

  function resolve(ref: string): Parameter {
    return document.components.parameters?.[ref.split("/").at(-1) ?? ""] as Parameter;
  }

  /** Those that remove something come last, because the other examples are about what they remove. */
  function routes(): Route[] {
    return Object.entries(document.paths)
      .flatMap(([path, operations]) =>
        Object.entries(operations).map(([method, operation]) => ({ ...operation, path, method: method.toUpperCase() })),
      )
      .sort((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"));
  }

  test("run as they stand, and are answered as documented", async () => {
    const unexpected: unknown[] = [];
    const undocumented: unknown[] = [];
    for (const route of routes()) {
      const { operationId, description, responses } = route;
      const answer = await tryOut(route);
      const text = await answer.text();
      const [status] = UNSUCCESSFUL[operationId] ?? (/` comes from `POST /.test(description ?? "") ? [404] : []);
      if (status === undefined ? !answer.ok : answer.status !== status)
        unexpected.push(`${operationId}: ${answer.status} instead of ${status ?? "success"}: ${text}`);
      undocumented.push(
        ...differences(responses[answer.status], answer, text).map((what) => `${operationId}: ${what}`),
      );
    }
    expect(undocumented).toEqual([]);
    expect(unexpected).toEqual([]);
  }, 120_000);

  test("of carts, orders and payments succeed with the ids that their descriptions name", async () => {
    const ids: Record<string, string> = {};
    const succeed = async (operationId: string) => {
      const route = routes().find((each) => each.operationId === operationId);
      if (!route) throw new Error(`There is no operation ${operationId}.`);
      const answer = await tryOut(route, ids);
      const text = await answer.text();
      expect([operationId, answer.status < 300, text]).toEqual([operationId, true, text]);
      expect(differences(route.responses[answer.status], answer, text)).toEqual([]);
      return text.startsWith("{") ? JSON.parse(text) : text;
    };
    const fillCart = async () => {
      ids.cartId = (await succeed("carts.create")).cartId;
      ids.itemId = (await succeed("carts.addItem")).items[0].itemId;
    };
    await fillCart();
    for (const operation of ["carts.get", "carts.changeItem", "carts.merge", "carts.removeItem"])
      await succeed(operation);
    await fillCart();
    ids.orderId = (await succeed("checkout.create")).orderId;
    const customer = new Client(shop, tokens.customerToken);
    ids.paymentId = await eventually(async () => {
      const { body } = await customer.get(`/orders/${ids.orderId}?expand=payment`);
      expect(body.payment).toMatchObject({ status: "captured" });
      return body.payment.paymentId as string;
    });
    for (const operation of ["orders.get", "orders.timeline", "payments.get", "payments.refund"])
      await succeed(operation);
    for (const operation of ["billing.invoice", "billing.creditNotes"]) await eventually(() => succeed(operation));
    ids.orderId = (await succeed("orders.create")).orderId;
    await succeed("orders.cancel");
    expect(await succeed("orders.timeline.stream")).toContain("event: CancelRequested");
  }, 60_000);

  function differences(documented: Response | undefined, answer: globalThis.Response, text: string): string[] {
    if (!documented) return [`${answer.status} is not documented: ${text}`];
    const missing = Object.keys(documented.headers ?? {})
      .filter((name) => !["Idempotent-Replayed", "Preference-Applied"].includes(name) && !answer.headers.has(name))
      .map((name) => `the header ${name} is missing`);
    const type = answer.headers.get("content-type")?.split(";")[0];
    const content = type && documented.content?.[type];
    if (!content) return text === "" ? missing : [...missing, `content of the type ${type} is not documented`];
    if (type === "text/event-stream" || "format" in content.schema) return missing; // bytes have no schema
    const schema = { ...content.schema, components: document.components };
    const value: unknown = JSON.parse(text);
    return Check(schema, value)
      ? missing
      : [...missing, `${text} does not fit: ${JSON.stringify(Errors(schema, value))}`];
  }
});
