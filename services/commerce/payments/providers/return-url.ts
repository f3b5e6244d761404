/** The page to which the provider sends the customer back: `{orderId}` in the setting is replaced. */
export function returnUrl(setting: string, orderId: string): string {
  return setting.replaceAll("{orderId}", encodeURIComponent(orderId));
}
