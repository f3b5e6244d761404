import type { ServiceNames } from "./names.ts";

/** The files of the smallest service that runs, by path: a customer's items over one table. */
export function filesOf(names: ServiceNames): Readonly<Record<string, string>> {
  const { domain, service } = names;
  const folder = `services/${domain}/${service}`;
  return {
    [`${folder}/contract.ts`]: contractFile(names),
    [`${folder}/${service}.models.ts`]: modelFile(names),
    [`${folder}/${service}.service.ts`]: serviceFile(names),
    [`${folder}/migrations/001-${service}.sql`]: migrationFile(names),
    [`test/service/${service}/${service}.test.ts`]: testFile(names),
  };
}

function contractFile({ service, constant, item, table, words }: ServiceNames): string {
  return `import { ownerOr } from "#lib/contract/access.ts";
import { contract } from "#lib/contract/contract.ts";
import { crud } from "#lib/contract/crud.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { Personal } from "#lib/contract/personal.ts";
import { Text } from "#lib/contract/text.ts";

const ${item}Ids = defineIds({ ${item}: "${table}" });

export const ${constant} = contract("${service}", {
  summary: "The ${words.items} of customers.",
  actions: {
    ...crud({
      path: "/customers/:customerId/${service}",
      item: "${words.item}",
      items: "${constant}",
      id: "${item}",
      fields: {
        title: Text(100, { examples: ["A title"] }),
        text: Personal(Text(1_000, { examples: ["A text"] })),
      },
      filters: ["title"],
      sort: ["title"],
      access: { read: ownerOr("${service}:read", "customerId"), write: ownerOr("${service}:write", "customerId") },
    }),
  },
  personalData: { ${table}: { columns: ["title", "text"], subject: "customer_id" } },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    "${service}": typeof ${constant};
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    "${service}": typeof ${item}Ids;
  }
}
`;
}

function modelFile({ item, table }: ServiceNames): string {
  return `import { DataTypes } from "sequelize";
import type { TableModel } from "#mixins/service/database-mixin.ts";

export const ${item}Model: TableModel = {
  name: "${table}",
  define: {
    ${item}Id: { type: DataTypes.TEXT, primaryKey: true },
    customerId: DataTypes.TEXT,
    title: DataTypes.TEXT,
    text: DataTypes.TEXT,
    createdAt: DataTypes.DATE,
    updatedAt: DataTypes.DATE,
  },
  options: { tableName: "${table}", timestamps: false, underscored: true },
};
`;
}

function serviceFile({ service, constant, item }: ServiceNames): string {
  return `import { join } from "node:path";
import { crudService } from "#mixins/service/crud.ts";
import { ${constant} } from "./contract.ts";
import { ${item}Model } from "./${service}.models.ts";

export default crudService(${constant}, { model: ${item}Model, migrations: join(import.meta.dirname, "migrations") });
`;
}

function migrationFile({ table }: ServiceNames): string {
  return `CREATE TABLE ${table} (
  ${table}_id text PRIMARY KEY,
  customer_id text NOT NULL,
  title text NOT NULL,
  text text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ${table}_newest ON ${table} (customer_id, created_at DESC, ${table}_id);
`;
}

function testFile({ domain, service, constant, item, words }: ServiceNames): string {
  return `import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import ${constant} from "#services/${domain}/${service}/${service}.service.ts";
import { callAs, startBroker } from "#test/support/broker.ts";

let broker: ServiceBroker;
beforeAll(async () => {
  broker = await startBroker({ services: [${constant}] });
});
afterAll(() => broker?.stop());

test("a customer keeps ${words.items} that no other customer can read", async () => {
  const ada = { customerId: "cust_ada" };
  const call = callAs(broker, { kind: "customer", ...ada });
  const made = await call("${service}.create", { ...ada, title: "First", text: "Of many" });
  const key = { ...ada, ${item}Id: made.${item}Id };
  const changed = await call("${service}.update", { ...key, text: "Of two" });
  expect(changed).toEqual({ ...made, text: "Of two", updatedAt: expect.any(String) });
  const eve = callAs(broker, { kind: "customer", customerId: "cust_eve" });
  await expect(eve("${service}.get", key)).rejects.toMatchObject({ type: "NOT_FOUND" });
  expect((await call("${service}.list", { ...ada, sort: "-title" })).${constant}).toEqual([changed]);
  await call("${service}.delete", key);
  expect((await call("${service}.list", ada)).pagination.total).toBe(0);
});
`;
}
