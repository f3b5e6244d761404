/** A line of a purchase, with what promotions may ask of it. */
export interface Line {
  sku: string;
  quantity: number;
  priceMinor: number;
  /** Those that its product is in, and all above them. */
  categories: readonly string[];
}

/** Which items are meant: those that are among the skus and in one of the categories, where these are given. */
export interface ItemChoice {
  skus?: readonly string[] | undefined;
  categories?: readonly string[] | undefined;
}

export interface Buyer {
  /** A guest has none, and is another person with each cart. */
  hasAccount: boolean;
  groups: readonly string[];
  /** Whether an order of theirs was paid already. */
  hasPaid: boolean;
}

export interface Purchase {
  currency: string;
  lines: readonly Line[];
  buyer: Buyer;
}

export function isMeant({ sku, categories }: Pick<Line, "sku" | "categories">, items: ItemChoice): boolean {
  if (items.skus && !setOf(items.skus).has(sku)) return false;
  const { categories: chosen } = items;
  return !chosen || categories.some((category) => setOf(chosen).has(category));
}

/** A promotion may name hundreds of items, and is compared with every line of every purchase. */
const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

function setOf(list: readonly string[]): ReadonlySet<string> {
  const known = sets.get(list);
  if (known) return known;
  const made = new Set(list);
  sets.set(list, made);
  return made;
}

export function subtotalOf(lines: readonly Pick<Line, "quantity" | "priceMinor">[]): number {
  return lines.reduce((sum, { quantity, priceMinor }) => sum + quantity * priceMinor, 0);
}

export function piecesOf(lines: readonly Pick<Line, "quantity">[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** All orders of a guest's cart have the same id, and no account has it. */
export function isAccount(customerId: string | undefined): customerId is string {
  return customerId !== undefined && !customerId.startsWith("guest_");
}
