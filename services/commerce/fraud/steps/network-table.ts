import { isIPv4, isIPv6 } from "node:net";

/**
 * Names of networks by address: a sorted list of ranges for each family, searched by halves. Made from lines
 * `first,last,name` or `first,last,number,"name"`; lines of other forms are left out.
 */
export class NetworkTable {
  readonly #v4: Ranges<number>;
  readonly #v6: Ranges<bigint>;

  constructor(lines: Iterable<string>) {
    const names = new Map<string, string>(); // one text of each name: a network has hundreds of ranges
    const v4: Range<number>[] = [];
    const v6: Range<bigint>[] = [];
    for (const line of lines) {
      const comma = line.indexOf(",");
      const second = line.indexOf(",", comma + 1);
      if (comma < 0 || second < 0) continue;
      const [first, last] = [line.slice(0, comma), line.slice(comma + 1, second)];
      const written = nameIn(line.slice(second + 1));
      const name = names.get(written) ?? written;
      names.set(name, name);
      if (first.includes(":")) {
        if (isIPv6(first) && isIPv6(last)) v6.push({ from: prefixOf(first), to: prefixOf(last), name });
      } else if (isIPv4(first) && isIPv4(last)) {
        v4.push({ from: numberOf(first), to: numberOf(last), name });
      }
    }
    this.#v4 = new Ranges(v4, (values) => Uint32Array.from(values));
    this.#v6 = new Ranges(v6, (values) => BigUint64Array.from(values));
  }

  get size(): number {
    return this.#v4.size + this.#v6.size;
  }

  /** @returns null when no range contains the address */
  nameOf(address: string): string | null {
    if (isIPv4(address)) return this.#v4.find(numberOf(address));
    return isIPv6(address) ? this.#v6.find(prefixOf(address)) : null;
  }
}

/** A range of addresses with the name of the network that they belong to: numbers for IPv4, the first 64 bits of IPv6. */
interface Range<N extends number | bigint> {
  from: N;
  to: N;
  name: string;
}

class Ranges<N extends number | bigint> {
  readonly #from: ArrayLike<N>;
  readonly #to: ArrayLike<N>;
  readonly #names: readonly string[];

  /** @param packed keeps numbers in little space */
  constructor(ranges: Range<N>[], packed: (values: N[]) => unknown) {
    ranges.sort((a, b) => (a.from < b.from ? -1 : 1));
    this.#from = packed(ranges.map(({ from }) => from)) as ArrayLike<N>;
    this.#to = packed(ranges.map(({ to }) => to)) as ArrayLike<N>;
    this.#names = ranges.map(({ name }) => name);
  }

  get size(): number {
    return this.#names.length;
  }

  find(value: N): string | null {
    let low = 0;
    let high = this.#from.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const from = this.#from[middle];
      if (from !== undefined && from <= value) low = middle + 1;
      else high = middle;
    }
    const to = this.#to[low - 1]; // of the last range that begins at or before the value
    return to !== undefined && value <= to ? (this.#names[low - 1] ?? null) : null;
  }
}

function nameIn(rest: string): string {
  const name = rest.replace(/^\d+,/, "");
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function numberOf(ipv4: string): number {
  return ipv4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

const GROUPS = 8;
const PREFIX_GROUPS = 4;

/** The first 64 bits of an IPv6 address. */
function prefixOf(ipv6: string): bigint {
  const [head = [], tail = []] = ipv6.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array<string>(Math.max(0, GROUPS - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail]
    .slice(0, PREFIX_GROUPS)
    .reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
