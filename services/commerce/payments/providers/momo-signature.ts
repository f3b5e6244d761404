import { createHmac } from "node:crypto";

export interface MomoKeys {
  accessKey: string;
  secretKey: string;
}

/**
 * The signature of MoMo's API, version 2: HMAC-SHA256 over `name=value` of the signed fields and the access key, in the
 * order of their names, joined by `&` and not encoded. Which fields are signed is stated for each request:
 * https://developers.momo.vn/v3/docs/payment/api/wallet/onetime and the pages beside it.
 */
export function momoSignature(fields: Readonly<Record<string, string | number>>, { accessKey, secretKey }: MomoKeys) {
  const named = Object.entries({ ...fields, accessKey }).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = named.map(([name, value]) => `${name}=${value}`).join("&");
  return createHmac("sha256", secretKey).update(text).digest("hex");
}
