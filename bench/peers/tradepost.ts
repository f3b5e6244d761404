import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { prepare } from "#bench/prepare.ts";
import { startShop } from "#bench/shop-process.ts";
import { startPostgres } from "./program.ts";
import { PRODUCTS, type System } from "./system.ts";

const STAFF = { email: "admin@example.com", password: "admin-password-1" };

/** This project as `npm start` gives it, filled as `npm run bench` fills it. */
export const tradepost: System = {
  name: "tradepost",
  title: "Tradepost",
  version: async () => {
    const text = await readFile(join(import.meta.dirname, "../../package.json"), "utf8");
    return JSON.parse(text).version;
  },
  async start({ data }) {
    const { server, url: databaseUrl, pid } = await startPostgres(join(data, "server"), "tradepost");
    const shop = await startShop(join(data, "shop"), { inspect: false, databaseUrl });
    const goods = await prepare(shop.url, STAFF.email, STAFF.password, PRODUCTS);
    return {
      shop: async (clients) => ({
        system: "tradepost",
        url: shop.url,
        tokens: (await goods.buyers(clients)).map(({ token }) => token),
        goods: goods.offers.map(({ productId, sku }) => `${productId} ${sku}`),
      }),
      pids: { application: shop.pid ?? 0, postgres: pid },
      stop: async () => {
        await shop.stop();
        await server.stop();
      },
    };
  },
};
