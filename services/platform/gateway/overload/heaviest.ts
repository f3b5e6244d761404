/** What an address makes the gateway hold. */
export interface Holder {
  /** The client's address, as `addressKey` names it. */
  address: string;
  bytes: number;
}

/**
 * Chooses what to end so that at least `excess` bytes become free. It begins with the address that holds the most, and there
 * with what is largest: so somebody who fills the memory loses before anybody else does.
 */
export function heaviest<T extends Holder>(holders: Iterable<T>, excess: number): T[] {
  const all = [...holders];
  const byAddress = new Map<string, number>();
  for (const { address, bytes } of all) byAddress.set(address, (byAddress.get(address) ?? 0) + bytes);
  const weight = ({ address }: Holder) => byAddress.get(address) ?? 0;
  all.sort((a, b) => weight(b) - weight(a) || b.bytes - a.bytes);
  let freed = 0;
  const end = all.findIndex(({ bytes }) => {
    freed += bytes;
    return freed >= excess;
  });
  return end < 0 ? all : all.slice(0, end + 1);
}
