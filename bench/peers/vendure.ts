import { HttpClient } from "#tools/replay/http.ts";
import { asObject, asObjects, asText } from "#tools/replay/json.ts";
import { pool } from "#tools/replay/pool.ts";
import { freePort, install, NODE, pinnedVersion, run, startPostgres } from "./program.ts";
import { askGraphql } from "./shopping.ts";
import { CUSTOMERS, emailOf, PASSWORD, PRODUCTS, STOCK, type System } from "./system.ts";

const START_MS = 300_000; // it makes its tables and its products
const LOGINS = 4;

export const vendure: System = {
  name: "vendure",
  title: "Vendure",
  version: () => pinnedVersion("vendure", "@vendure/core"),
  async start({ installed, data }) {
    await install("vendure", installed, ["server.mjs"]);
    const { server, url: databaseUrl, pid } = await startPostgres(data, "vendure");
    const port = await freePort();
    const program = run([NODE, "server.mjs"], installed, {
      NODE_ENV: "production",
      PEER_PORT: String(port),
      PEER_DATABASE_URL: databaseUrl,
      PEER_PRODUCTS: String(PRODUCTS),
      PEER_STOCK: String(STOCK),
    });
    const stop = async (): Promise<void> => {
      await program.stop();
      await server.stop();
    };
    try {
      await program.wrote(/^peer ready$/, START_MS);
      const url = `http://127.0.0.1:${port}`;
      const tokens = await registerAll(url);
      const goods = await variantIds(url);
      const shop = { system: "vendure" as const, url, goods };
      return {
        shop: async (clients) => ({ ...shop, tokens: tokens.slice(0, clients) }),
        pids: { application: program.pid, postgres: pid },
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    }
  },
};

/** @returns the tokens of sessions of new customers */
async function registerAll(url: string): Promise<string[]> {
  const http = new HttpClient(url, LOGINS);
  const tokens: string[] = [];
  try {
    await pool([...Array(CUSTOMERS).keys()], LOGINS, async (customer) => {
      const input = { emailAddress: emailOf(customer), password: PASSWORD, firstName: "Peer", lastName: "Customer" };
      await askGraphql(
        http,
        "/shop-api",
        "mutation ($input: RegisterCustomerInput!) { registerCustomerAccount(input: $input) { __typename } }",
        { input },
      );
      // The token of a session comes in a header, whatever the body says.
      const query =
        "mutation ($name: String!, $password: String!) { login(username: $name, password: $password) { __typename } }";
      const body = { query, variables: { name: input.emailAddress, password: PASSWORD } };
      const { headers, text } = await http.send({ method: "POST", path: "/shop-api", body });
      if (!text.includes("CurrentUser")) throw new Error(`Vendure: a customer cannot log in: ${text.slice(0, 300)}`);
      tokens[customer] = asText(headers["vendure-auth-token"], "token");
    });
    return tokens;
  } finally {
    http.close();
  }
}

async function variantIds(url: string): Promise<string[]> {
  const http = new HttpClient(url, 1);
  try {
    const query = "query ($take: Int!) { products(options: { take: $take }) { items { variants { id } } } }";
    const products = asObject(await askGraphql(http, "/shop-api", query, { take: PRODUCTS }));
    return asObjects(products.items).flatMap(({ variants }) => asObjects(variants).map(({ id }) => asText(id, "id")));
  } finally {
    http.close();
  }
}
