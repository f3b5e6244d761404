/** How an order can be sent. The first one is the default. */
export const shippingMethods = ["standard"] as const;
export type ShippingMethod = (typeof shippingMethods)[number];

export const DEFAULT_SHIPPING_METHOD: ShippingMethod = shippingMethods[0];
