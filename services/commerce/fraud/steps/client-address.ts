import { BlockList, isIP } from "node:net";
import { addressKey } from "#lib/client-address.ts";

/** Addresses that say nothing about where somebody is: this machine, a company's or a home's own network. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  PRIVATE.addSubnet(network, bits, "ipv4");
}
PRIVATE.addAddress("::", "ipv6"); // the network of 64 bits of `::1`; as a subnet it would contain every IPv4 address
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/**
 * The public address of a client, an IPv6 address as its network of 64 bits; null for private addresses and for what is no
 * address.
 */
export function publicAddress(address: string | undefined): string | null {
  const bare = addressKey(address ?? "").replace(/\/64$/, "");
  const family = isIP(bare);
  if (family === 0) return null;
  return PRIVATE.check(bare, family === 4 ? "ipv4" : "ipv6") ? null : bare;
}
