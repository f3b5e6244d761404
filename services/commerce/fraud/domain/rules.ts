import type { Facts } from "./facts.ts";

/**
 * `strong`: seldom true of an honest order. `weak`: true of many honest ones, such as those of a shop that buys for resale;
 * all weak rules together stay below the default of FRAUD_REVIEW_SCORE, so that they hold no order alone.
 * `trust`: speaks for the customer.
 */
type Kind = "strong" | "weak" | "trust";

/** A rule: a condition on the facts, and the points that an order gets when it is true. */
export interface Rule {
  name: string;
  kind: Kind;
  points: number;
  when(facts: Facts): boolean;
  /** Why the order got the points, for staff. */
  explain(facts: Facts): string;
}

const DAY_HOURS = 24;

function rule(kind: Kind, name: string, points: number, when: Rule["when"], explain: Rule["explain"]): Rule {
  return { name, kind, points, when, explain };
}

const differ = (a: string | null, b: string | null) => a !== null && b !== null && a !== b;

// biome-ignore format: a table is read by its columns
export const rules: readonly Rule[] = [
  // Who
  rule("weak", "new-customer", 8, ({ customer: c }) => c.isGuest || (c.ageHours !== null && c.ageHours < DAY_HOURS),
    ({ customer: c }) => (c.isGuest ? "A guest, without an account" : "The account is less than a day old")),
  rule("strong", "disposable-mail", 25, ({ customer }) => customer.disposableMail,
    () => "The email address belongs to a provider of disposable addresses"),
  rule("strong", "disputed-before", 40, ({ customer }) => customer.disputes > 0,
    ({ customer }) => `The customer's bank has taken back the payment of ${customer.disputes} earlier orders`),
  rule("trust", "paid-before", -15, ({ customer: c }) => c.paidOrders >= 1 && c.disputes === 0,
    () => "The customer has paid an order that is older than a day"),
  rule("trust", "regular-customer", -15, ({ customer: c }) => c.paidOrders >= 3 && c.disputes === 0,
    ({ customer }) => `The customer has paid ${customer.paidOrders} earlier orders`),

  // What
  rule("weak", "high-amount", 5, ({ amountRatio }) => amountRatio !== null && amountRatio >= 1,
    ({ amountRatio }) => `The total is ${times(amountRatio)} what is high in its currency`),
  rule("weak", "very-high-amount", 5, ({ amountRatio }) => amountRatio !== null && amountRatio >= 5,
    ({ amountRatio }) => `The total is ${times(amountRatio)} what is high in its currency`),
  rule("weak", "many-pieces", 4, ({ pieces }) => pieces >= 100,
    ({ pieces }) => `${pieces} pieces of one sku`),
  rule("weak", "bulk", 6, ({ pieces }) => pieces >= 1_000,
    ({ pieces }) => `${pieces} pieces of one sku`),

  // How often
  rule("weak", "customer-in-10-minutes", 3, ({ velocity: v }) => v.customer.tenMinutes >= 5,
    ({ velocity: v }) => `Attempt ${v.customer.tenMinutes} of the customer in ten minutes`),
  rule("weak", "customer-in-an-hour", 3, ({ velocity: v }) => v.customer.hour >= 10,
    ({ velocity: v }) => `Attempt ${v.customer.hour} of the customer in an hour`),
  rule("weak", "customer-in-a-day", 4, ({ velocity: v }) => v.customer.day >= 20,
    ({ velocity: v }) => `Attempt ${v.customer.day} of the customer in a day`),
  rule("strong", "declined-payments", 30, ({ velocity: v }) => v.declinedHour >= 5 && v.declinedHour * 2 >= v.customer.hour,
    ({ velocity: v }) => `${v.declinedHour} of the customer's last ${v.customer.hour - 1} payments were declined`),
  rule("strong", "method-of-several-in-an-hour", 20, ({ velocity }) => velocity.methodCustomers.hour >= 3,
    ({ velocity: v }) => `${v.methodCustomers.hour} customers have used the payment method in an hour`),
  rule("strong", "method-of-several-in-a-day", 10, ({ velocity }) => velocity.methodCustomers.day >= 4,
    ({ velocity: v }) => `${v.methodCustomers.day} customers have used the payment method in a day`),
  rule("weak", "address-of-several-in-an-hour", 5, ({ velocity }) => velocity.addressCustomers.hour >= 4,
    ({ velocity: v }) => `${v.addressCustomers.hour} customers have ordered to the address in an hour`),
  rule("weak", "address-of-several-in-a-day", 5, ({ velocity }) => velocity.addressCustomers.day >= 8,
    ({ velocity: v }) => `${v.addressCustomers.day} customers have ordered to the address in a day`),
  rule("strong", "client-of-several-in-an-hour", 10, ({ velocity }) => velocity.clientCustomers.hour >= 5,
    ({ velocity: v }) => `${v.clientCustomers.hour} customers have ordered from the network address in an hour`),
  rule("strong", "client-of-several-in-a-day", 10, ({ velocity }) => velocity.clientCustomers.day >= 15,
    ({ velocity: v }) => `${v.clientCustomers.day} customers have ordered from the network address in a day`),

  // From where to where
  rule("strong", "billed-elsewhere", 20, ({ countries: c }) => differ(c.billing, c.shipping),
    ({ countries: c }) => `Billed to ${c.billing}, sent to ${c.shipping}`),
  rule("strong", "ordered-from-elsewhere", 15, ({ countries: c }) => differ(c.client, c.shipping) && differ(c.client, c.billing),
    ({ countries: c }) => `Ordered from ${c.client}, which is neither where it is sent to nor where it is billed to`),
  rule("strong", "hosting-network", 20, ({ network }) => network?.kind === "hosting",
    ({ network }) => `Ordered from a data centre: ${network?.name}`),
  rule("strong", "vpn-network", 15, ({ network }) => network?.kind === "vpn",
    ({ network }) => `Ordered through a VPN or a proxy: ${network?.name}`),
];

function times(ratio: number | null): string {
  return `${(ratio ?? 0).toFixed(1)} times`;
}
