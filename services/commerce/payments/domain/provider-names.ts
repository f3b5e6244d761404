/** The names under which payments store their provider. */
export const PROVIDER_NAMES = ["test", "stripe", "paypal", "vnpay", "momo"] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];
