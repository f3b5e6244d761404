import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { addressKey } from "#lib/client-address.ts";

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:c000:0207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["192.0.2.7:51234", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
  ["unknown", "unknown"],
  ["a:b", "a:b"],
  ["", ""],
])("%s is counted as %s", (address, key) => {
  expect(addressKey(address)).toBe(key);
});

const half = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
const hex = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(":");

test("IPv6 addresses are counted together when, and only when, they are of the same network of 64 bits", () => {
  fc.assert(
    fc.property(half, half, half, half, (one, other, first, second) => {
      fc.pre(hex(one) !== "0:0:0:0" && hex(other) !== "0:0:0:0");
      const key = addressKey(`${hex(one)}:${hex(first)}`);
      expect(addressKey(`${hex(one)}:${hex(second)}`)).toBe(key);
      expect(addressKey(`${hex(other)}:${hex(second)}`) === key).toBe(hex(one) === hex(other));
    }),
  );
});

test("an IPv4 address and its mapped forms are counted together", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
      const mapped = `::ffff:${hex([a * 256 + b, c * 256 + d])}`;
      expect([addressKey(`::ffff:${address}`), addressKey(mapped)]).toEqual([address, address]);
    }),
  );
});

test("any text has a name", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      expect(typeof addressKey(text)).toBe("string");
    }),
  );
});
