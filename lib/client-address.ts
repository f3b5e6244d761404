import { isIPv6 } from "node:net";

const GROUPS = 8; // of 16 bits, in an IPv6 address
const NETWORK_GROUPS = 4; // the first 64 bits

/**
 * The name under which everything that comes from a client's address is counted. One line to the internet has one IPv4
 * address, but a whole IPv6 network of 64 bits, so an IPv6 address counts as its network. Different spellings of an
 * address give the same name, and so do an IPv4 address and the IPv6 address it is mapped to (`::ffff:192.0.2.1`).
 * @param address as a socket or a proxy states it, also with a port or a zone; any other text is returned as it is
 */
export function addressKey(address: string): string {
  if (!address.includes(":")) return address;
  const bare = /^(?:\[(.+)\](?::\d+)?|([\d.]+):\d+)$/.exec(address);
  const [host] = (bare?.[1] ?? bare?.[2] ?? address).split("%", 1) as [string];
  if (!isIPv6(host)) return host;
  const groups = groupsOf(host);
  const mapped = mappedIPv4(groups);
  if (mapped) return mapped;
  const network = groups.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** The eight groups of a valid IPv6 address, of which `::` leaves out any number of zeros. */
function groupsOf(address: string): number[] {
  const [head = [], tail] = address.split("::").map((part) => part.split(":").filter(Boolean).flatMap(numbers));
  if (!tail) return head;
  return [...head, ...Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail];
}

/** A group, or the two groups that the last 32 bits make when they are written as an IPv4 address. */
function numbers(part: string): number[] {
  if (!part.includes(".")) return [Number.parseInt(part, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}

function mappedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isMapped ? [high >> 8, high & 255, low >> 8, low & 255].join(".") : undefined;
}
