import { expect, test } from "@jest/globals";
import { plan } from "#tools/cluster/plan.ts";

const service = (path: string) => {
  const [domain = "", name = ""] = path.split("/");
  return { domain, name, folder: `services/${path}` };
};

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
