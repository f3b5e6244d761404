import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { addressText } from "#services/commerce/fraud/domain/address-text.ts";
import { highAmounts, ratioOf } from "#services/commerce/fraud/domain/amounts.ts";
import { accountAgeHours, isGuestId, isOwnMethod } from "#services/commerce/fraud/domain/identity.ts";
import { classifyNetwork } from "#services/commerce/fraud/domain/networks.ts";
import { decideReview, reviewStatuses } from "#services/commerce/fraud/domain/review.ts";
import { publicAddress } from "#services/commerce/fraud/steps/client-address.ts";
import { NetworkTable } from "#services/commerce/fraud/steps/network-table.ts";

test("a private address, or what is none, says nothing", () => {
  for (const address of [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "unknown",
    "",
    undefined,
  ])
    expect([address, publicAddress(address)]).toEqual([address, null]);
  expect(publicAddress("8.8.8.8")).toBe("8.8.8.8");
  expect(publicAddress("172.32.0.1")).toBe("172.32.0.1");
  expect(publicAddress("::ffff:8.8.8.8")).toBe("8.8.8.8");
  expect(publicAddress("2001:db8:1:2::9")).toBe(publicAddress("2001:db8:1:2:ffff::"));
});

describe("a table of networks", () => {
  const table = new NetworkTable([
    "1.0.0.0,1.0.0.255,Alpha",
    '1.0.2.0,1.0.2.255,64500,"Beta, ""the"" Inc."',
    "2001:db8::,2001:db8:0:ffff:ffff:ffff:ffff:ffff,Gamma",
    "not a range",
    "",
  ]);

  test("finds the range that contains an address", () => {
    expect(table.size).toBe(3);
    expect(["1.0.0.0", "1.0.0.255", "1.0.2.9", "2001:db8:0:1::1"].map((address) => table.nameOf(address))).toEqual([
      "Alpha",
      "Alpha",
      'Beta, "the" Inc.',
      "Gamma",
    ]);
    expect(
      ["0.255.255.255", "1.0.1.0", "1.0.3.0", "2001:db7::", "2001:db8:1::", "what"].map((a) => table.nameOf(a)),
    ).toEqual(Array(6).fill(null));
  });

  test("agrees with a search through all ranges", () => {
    const ip = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255].join(".");
    const starts = fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(starts, fc.nat(1_010 * 256), (blocks, n) => {
        const whole = new NetworkTable(blocks.map((block) => `${ip(block * 256)},${ip(block * 256 + 255)},N${block}`));
        const block = Math.floor(n / 256);
        expect(whole.nameOf(ip(n))).toBe(blocks.includes(block) ? `N${block}` : null);
      }),
    );
  });
});

test("networks are told apart by their names", () => {
  const kinds = (...names: string[]) => names.map(classifyNetwork);
  expect(
    kinds(
      "Amazon.com, Inc.",
      "DigitalOcean, LLC",
      "Hetzner Online GmbH",
      "OVH SAS",
      "Ace Data Centers, Inc.",
      "GTHost",
    ),
  ).toEqual(Array(6).fill("hosting"));
  expect(kinds("M247 Europe SRL", "Mullvad VPN AB", "Datacamp Limited", "Foo Proxy Services")).toEqual(
    Array(4).fill("vpn"),
  );
  expect(
    kinds(
      "Comcast Cable Communications, LLC",
      "Deutsche Telekom AG",
      "Viettel Group",
      "Cloudflare, Inc.",
      "Akamai Technologies, Inc.",
      "CHINANET SiChuan Telecom Internet Data Center",
      "University of Oregon",
      "Hostelworld Group",
    ),
  ).toEqual(Array(8).fill(null));
});

test("an address is the same in another spelling, and another one is not", () => {
  const address = { street: "12 Rue de l'Église", city: "Paris", zipCode: "75 001", country: "FR" };
  const same = { street: "rue de l EGLISE, 12", city: "PARIS", zipCode: "75001", country: "FR" };
  expect(addressText(same)).toBe(addressText(address));
  for (const change of [{ street: "13 Rue de l'Église" }, { city: "Lyon" }, { zipCode: "75002" }, { country: "BE" }])
    expect(addressText({ ...address, ...change })).not.toBe(addressText(address));
});

test("amounts are compared with what is high in their currency", () => {
  const high = highAmounts("USD=500, XTS=10,EUR=0");
  expect([ratioOf(1_000, "USD", high), ratioOf(5, "XTS", high), ratioOf(1_000, "GBP", high)]).toEqual([2, 0.5, 1.25]);
  expect([ratioOf(1_000, "EUR", high), ratioOf(1_000, "ZZZ", high)]).toEqual([null, null]);
  expect(() => highAmounts("USD=lots")).toThrow('FRAUD_HIGH_AMOUNTS: "USD=lots" is not a currency and an amount');
});

test("the id of a customer says how old the account is, and a guest has none", () => {
  const now = new Date("2026-01-02T00:00:00.000Z");
  expect(accountAgeHours("cust_01kdv30600e0080200r2000400", now)).toBeGreaterThan(0);
  expect(accountAgeHours("cust_demo", now)).toBeNull();
  expect(accountAgeHours("guest_01kdv30600e0080200r2000400", now)).toBeNull();
  expect([isGuestId("guest_x"), isGuestId("cust_x")]).toEqual([true, false]);
});

test("only methods of one person are compared", () => {
  expect(["pmeth_01h455vb4pex5vsknk084sn02q", "pm_1PxYzA2eZvKYlo2C0AbCdEfG"].map(isOwnMethod)).toEqual([true, true]);
  expect(["pm_card_visa", "paypal", "pm_by_hand", "momo"].map(isOwnMethod)).toEqual(Array(4).fill(false));
});

test("a review is decided once", () => {
  for (const verdict of ["approved", "rejected"] as const) {
    const kinds = reviewStatuses.map((status) => [status, decideReview(status, verdict).kind]);
    const other = verdict === "approved" ? "rejected" : "approved";
    expect(Object.fromEntries(kinds)).toEqual({ open: "decide", [verdict]: "same", [other]: "late", closed: "late" });
  }
});
