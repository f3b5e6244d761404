import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { plan } from "#tools/cluster/plan.ts";

const ROOT = join(import.meta.dirname, "../../..");

const service = (path: string) => {
  const [domain = "", name = ""] = path.split("/");
  return { domain, name, folder: `services/${path}` };
};

test("the README says how many nodes the cluster of this source tree has", () => {
  const services = globSync("services/*/*/*.service.ts", { cwd: ROOT }).map((file) =>
    service(file.split("/").slice(1, 3).join("/")),
  );
  const words = { 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen" };
  const nodes = plan(services, 3000).length as keyof typeof words;
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  expect(readme).toContain(`| \`npm run cluster\` | ${words[nodes]} nodes `);
});

test("puts gateways and the path of an order on two nodes, and the rest on one for each domain", () => {
  const services = ["platform/gateway", "identity/auth", "identity/users", "commerce/carts", "commerce/orders"].map(
    service,
  );
  expect(plan(services, 3000)).toEqual([
    { name: "gateway-1", folders: ["services/platform/gateway"], port: 3000 },
    { name: "gateway-2", folders: ["services/platform/gateway"], port: 3001 },
    { name: "orders-1", folders: ["services/commerce/orders"] },
    { name: "orders-2", folders: ["services/commerce/orders"] },
    { name: "identity", folders: ["services/identity/auth", "services/identity/users"] },
    { name: "commerce", folders: ["services/commerce/carts"] },
  ]);
});
