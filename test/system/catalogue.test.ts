import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Client, staffMember } from "#test/support/client.ts";
import { eventually } from "#test/support/eventually.ts";
import { MODES, type Shop, startShop } from "#test/support/shop.ts";

describe.each(MODES)("the catalogue in %s", (mode) => {
  let shop: Shop;
  let staff: Client;

  beforeAll(async () => {
    shop = await startShop(mode, { SHOP_LOCALES: "en,de,de-AT" });
    staff = await staffMember(shop);
    const define = async (path: string, body: object) => expect((await staff.post(path, body)).status).toBe(201);
    await define("/attributes", { code: "colour", type: "option", options: ["red", "blue"], filterable: true });
    await define("/attributes", { code: "weight", type: "number", unit: "kg", filterable: true });
    await define("/attribute-sets", { code: "bags", attributes: ["colour", "weight"], axes: ["colour"] });
    for (const [at, colour] of ["red", "blue"].entries())
      await define("/products", {
        productId: `prod_bag_${at}`,
        slug: `bag-${at}`,
        title: "Bag",
        attributeSet: "bags",
        attributes: { weight: 1.5 + at },
        variants: [{ sku: `BAG-${at}`, attributes: { colour }, price: { amount: 10 + 20 * at } }],
      });
    await define("/collections", {
      code: "cheap",
      title: "Cheap",
      rule: { attributes: { weight: "..9" }, priceBelow: { amount: 20, currency: "USD" } },
    });
  }, 60_000);

  afterAll(() => shop?.stop());

  const read = (path: string, language?: string) =>
    fetch(`${shop.url}/api/v1${path}`, { headers: language === undefined ? {} : { "accept-language": language } });
  const slugsOf = async (query: string) => {
    const answer = await read(`/products?sort=title&${query}`);
    const body = (await answer.json()) as { products?: { slug: string }[]; errors?: { path: string }[] };
    return body.products?.map(({ slug }) => slug).sort() ?? [answer.status, body.errors?.map(({ path }) => path)];
  };

  test("is filtered by attributes in the address", async () => {
    expect(await slugsOf("attributes.colour=red")).toEqual(["bag-0"]);
    expect(await slugsOf("attributes.colour=red&attributes.colour=blue")).toEqual(["bag-0", "bag-1"]);
    expect(await slugsOf("attributes.colour=red,blue&attributes.weight=2..3")).toEqual(["bag-1"]);
    expect(await slugsOf("collection=cheap")).toEqual(["bag-0"]);
    expect(await slugsOf("attributes.size=xl")).toEqual([422, ["/attributes.size"]]);
    expect(await slugsOf("attributes.__proto__=x")).toEqual([422, expect.anything()]);
    expect(await slugsOf("attributes=red")).toEqual([422, ["/attributes"]]);
    expect(await slugsOf("colour.x=red")).toEqual([422, ["/colour.x"]]);
    const { facets } = (await (await read("/products?attributes.weight=..9&facets=attributes.colour")).json()) as {
      facets: object;
    };
    expect(facets).toEqual({
      colour: [
        { value: "blue", count: 1 },
        { value: "red", count: 1 },
      ],
    });
  });

  test("answers each client in its language, from one cache for the shop's own", async () => {
    const path = "/products/prod_bag_0";
    expect((await staff.put(`${path}/translations/de`, { title: "Tasche" })).status).toBe(200);
    const titleIn = async (language?: string) => {
      const answer = await read(path, language);
      expect(answer.headers.get("vary")).toContain("Accept-Language");
      return [((await answer.json()) as { title: string }).title, answer.headers.get("etag")];
    };
    await eventually(async () => expect((await titleIn("de-AT, en;q=0.5"))[0]).toBe("Tasche"));
    const own = await titleIn();
    expect(own[0]).toBe("Bag");
    for (const language of ["en-US,en;q=0.9", "fr", "*"]) expect(await titleIn(language)).toEqual(own);
    expect((await titleIn("de"))[0]).toBe("Tasche");
    expect(((await (await read(`${path}?locale=de`, "en")).json()) as { title: string }).title).toBe("Tasche");
    expect(((await (await read(`${path}?locale=en`, "de")).json()) as { title: string }).title).toBe("Bag");
  });
});
