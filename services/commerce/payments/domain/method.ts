/** The kinds of payment methods that clients see. */
export const METHOD_TYPES = ["card", "wallet", "emi", "upi", "bank_redirect"] as const;
export type MethodType = (typeof METHOD_TYPES)[number];

/** A method that the customer has saved, by the prefix of its id. */
const SAVED = /^pmeth_/;

export const WALLETS = ["paypal", "momo"] as const;
export type Wallet = (typeof WALLETS)[number];

/**
 * What a `paymentMethodId` means. It never holds a card number: `token` is the name that a provider gave to a card after
 * the customer's browser sent the card to that provider.
 */
export type Method =
  | { type: "card"; token: string }
  | { type: "saved"; savedMethodId: string }
  | { type: "wallet"; wallet: Wallet }
  | { type: "bank_redirect"; bank: "vnpay" }
  /** A payment that the customer accepts in an app; `handle` is their UPI address, such as `name@bank`. */
  | { type: "upi"; handle: string }
  /** Instalments of a card: a plan of the provider, and its number of months. */
  | { type: "emi"; plan: string; months: number; token: string };

const UPI = /^upi:([\w.-]{2,256}@[A-Za-z]{2,64})$/;
const EMI = /^emi:([\w-]{1,32}):([1-9]\d?):([\w-]{1,200})$/;

/**
 * Reads a `paymentMethodId`: `paypal`, `momo`, `vnpay`, `upi:<handle>`, `emi:<plan>:<months>:<token>`, a saved method, or
 * otherwise the token of a card.
 */
export function methodOf(paymentMethodId: string): Method {
  if (paymentMethodId === "paypal" || paymentMethodId === "momo") return { type: "wallet", wallet: paymentMethodId };
  if (paymentMethodId === "vnpay") return { type: "bank_redirect", bank: paymentMethodId };
  if (SAVED.test(paymentMethodId)) return { type: "saved", savedMethodId: paymentMethodId };
  const handle = UPI.exec(paymentMethodId)?.[1];
  if (handle !== undefined) return { type: "upi", handle };
  const [, plan, months, token] = EMI.exec(paymentMethodId) ?? [];
  if (plan !== undefined && token !== undefined) return { type: "emi", plan, months: Number(months), token };
  return { type: "card", token: paymentMethodId };
}

/** The type that clients see. Only cards can be saved. */
export function typeOf(method: Method): MethodType {
  return method.type === "saved" ? "card" : method.type;
}
