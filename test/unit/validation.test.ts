import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type TSchema, Type } from "typebox";
import { Exact } from "#lib/contract/contract.ts";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { FIELD_ERRORS_SHOWN } from "#lib/contract/errors.ts";
import { exampleOf } from "#lib/contract/example.ts";
import { Id } from "#lib/contract/ids.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import type { ActionContract } from "#lib/contract/types.ts";
import { assertFits, faults, fits } from "#lib/contract/validation.ts";
import { problemOf } from "#services/platform/gateway/rest/problem.ts";

const Email = FormedText("an email address", "^[^@]+@[^@]+$", { maxLength: 30, examples: ["ada@example.com"] });
function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

const Kind = Type.Union([Type.Literal("card"), Type.Literal("wallet")]);

describe("a message says what is wrong and what would be right", () => {
  test.each<[TSchema, unknown, string]>([
    [Email, "ada", "must be an email address such as ada@example.com"],
    [Email, 5, "must be an email address such as ada@example.com"],
    [Email, `${"a".repeat(30)}@b`, "must be at most 30 characters, and has 32"],
    [Type.String({ minLength: 8 }), "abc", "must be at least 8 characters, and has 3"],
    [Type.String({ maxLength: 2 }), "😀😀😀", "must be at most 2 characters, and has 3"],
    [Type.String(), null, "must be a text"],
    [Text(10), "", "must not be empty"],
    [Text(10), "   ", "must be a text that is not blank"],
    [Id("event"), 1, "must be an id such as evt_01h455vb4pex5vsknk084sn02q"],
    [Kind, "cash", "must be one of card, wallet"],
    [Type.Enum(["a", "b"]), "c", "must be one of a, b"],
    [Type.Literal("Bearer"), "Basic", "must be Bearer"],
    [Type.Integer({ minimum: 1, maximum: 100_000 }), 0, "must be a whole number from 1 to 100000"],
    [Type.Integer({ minimum: 1 }), 1.5, "must be a whole number of at least 1"],
    [Type.Number({ maximum: 5 }), "5", "must be a number of at most 5"],
    [Type.Boolean(), "yes", "must be true or false"],
    [Type.Union([Email, Type.Null()]), 5, "must be an email address such as ada@example.com or null"],
    [Type.Union([Email, Type.Null()]), "ada", "must be an email address such as ada@example.com"],
    [
      Type.Union([Type.String({ maxLength: 5 }), Type.Number(), Type.Boolean(), Type.Null()]),
      {},
      "must be a text of at most 5 characters, a number, true or false or null",
    ],
    [Type.Array(Type.String(), { maxItems: 2 }), ["a", "b", "c"], "must have at most 2 items, and has 3"],
    [Type.Array(Type.String(), { minItems: 1 }), [], "must not be empty"],
    [Type.Array(Type.String(), { uniqueItems: true }), ["a", "a"], "must not have the same item twice"],
    [Type.Array(Type.String()), {}, "must be a list"],
    [Exact({}), [], "must be an object"],
    [Type.Object({}, { maxProperties: 1 }), { a: 1, b: 2 }, "must have at most 1 properties, and has 2"],
  ])("%#", (schema, value, message) => {
    expect(fits(schema, value)).toBe(false);
    expect(faults(schema, value)).toEqual([{ path: "", message }]);
  });

  test("where it is wrong, with a JSON pointer", () => {
    const schema = Exact({ name: Type.String(), lines: Type.Array(Exact({ quantity: Type.Integer() })), "a/b~": Kind });
    expect(faults(schema, { lines: [{ quantity: 1 }, { quantity: "2", colour: 1 }], "a/b~": 1 })).toEqual([
      { path: "/name", message: "is required" },
      { path: "/lines/1/quantity", message: "must be a whole number" },
      { path: "/lines/1/colour", message: "is not known; known are quantity" },
      { path: "/a~1b~0", message: "must be one of card, wallet" },
    ]);
  });

  test("about the variant of a union that the client has meant", () => {
    const Card = Exact({ type: Type.Literal("card"), number: Type.String({ minLength: 12 }) });
    const Wallet = Exact({ type: Type.Literal("wallet"), email: Email });
    expect(faults(Type.Union([Card, Wallet]), { type: "wallet", email: "ada" })).toEqual([
      { path: "/email", message: "must be an email address such as ada@example.com" },
    ]);
  });

  test("names at most twelve known properties and cuts long names of unknown ones", () => {
    const schema = Exact(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`p${i}`, Type.Optional(Kind)])));
    const [fault] = faults(schema, { ["x".repeat(1_000)]: 1 });
    expect(fault?.message).toBe("is not known; known are p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 and 3 more");
    expect(fault?.path).toHaveLength(102);
  });

  test("or nothing about further properties, when more is allowed", () => {
    expect(faults(Exact({}), { a: 1 }, { more: true })).toEqual([]);
    expect(faults(Exact({ a: Kind }), { a: 1, b: 2 }, { more: true })).toHaveLength(1);
  });
});

test("the sentence of a refused request says what is wrong, and does not repeat the title", () => {
  const schema = Exact({ sku: Type.String(), amount: Type.Number() });
  const detailOf = (value: unknown) =>
    problemOf(
      thrownBy(() => assertFits(schema, value)),
      "req_1",
    ).detail;
  expect(detailOf({ sku: "A", amount: "1" })).toBe("/amount must be a number.");
  expect(detailOf({ amount: "1" })).toBe("/sku is required. More is wrong, see errors.");
  expect(detailOf(7)).toBe("The request must be an object.");
});

test("a request with many faults lists the first of them, however large it is", () => {
  const schema = Exact({ lines: Type.Array(Exact({ quantity: Type.Integer() })) });
  const value = { lines: Array.from({ length: 100_000 }, () => ({ quantity: "1", other: 2 })) };
  expect(faults(schema, value)).toHaveLength(FIELD_ERRORS_SHOWN);
  expect(() => assertFits(schema, value)).toThrow(
    "/lines/0/quantity must be a whole number. More is wrong, see errors.",
  );
});

describe("of every contract", () => {
  const actions = loadContracts().flatMap(({ name, actions }) =>
    Object.entries(actions as Record<string, ActionContract>).map(
      ([action, spec]) => [`${name}.${action}`, spec] as const,
    ),
  );

  test("each text with a pattern says what it must be", () => {
    for (const [name, { params, returns }] of actions)
      for (const schema of [params, returns])
        JSON.stringify(schema, (_, part) => {
          if (typeof part?.pattern === "string" && part.type === "string")
            expect([name, part["x-form"]]).not.toContain(undefined);
          return part;
        });
  });

  test.each(actions)(
    "the messages of %s are words, and there is one exactly when the value does not fit",
    (_, { params }) => {
      const good = exampleOf(params, { optional: true }) ?? {};
      const wrong = fc.oneof(
        fc.jsonValue(),
        fc.constantFrom<unknown>(
          ...["", " ", "\u0000", "x".repeat(70_000), -1, 1.5, 1e15, null, true, [], {}, [{}], [1, 1]],
        ),
      );
      const value = fc
        .array(fc.tuple(fc.nat(), wrong), { maxLength: 3 })
        .map((changes) => changes.reduce<unknown>((changed, [place, by]) => replaced(changed, place, by), good));
      fc.assert(
        fc.property(value, (given) => {
          const found = faults(params, given);
          expect(found.length > 0).toBe(!fits(params, given));
          expect(found.length).toBeLessThanOrEqual(FIELD_ERRORS_SHOWN);
          for (const { message } of found) {
            expect(message).toMatch(/^(is|has|must) /);
            expect(message).not.toMatch(/pattern|anyOf|schema|keyword|\\|\[\^|\(\?|\^|\$|undefined|\[object/i);
            expect(message.length).toBeLessThan(600);
          }
        }),
        { numRuns: 60 },
      );
    },
  );
});

/** The value with another one in one of its places, counted from outside to inside; a new property at the last place. */
function replaced(value: unknown, place: number, by: unknown): unknown {
  if (typeof value !== "object" || value === null) return by;
  const names = Object.keys(value);
  const own = place % (names.length + 2);
  if (own === names.length + 1) return by;
  if (Array.isArray(value))
    return own === names.length
      ? [...value, by]
      : value.map((item, i) => (i === own ? replaced(item, Math.floor(place / 2), by) : item));
  const name = names[own] ?? "added";
  return {
    ...value,
    [name]: own === names.length ? by : replaced((value as Record<string, unknown>)[name], Math.floor(place / 2), by),
  };
}
