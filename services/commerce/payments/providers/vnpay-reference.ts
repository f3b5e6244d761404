const VIETNAM_MS = 7 * 3_600_000; // ahead of UTC, in winter and in summer
const REFERENCE = /^(\d{14})pay([0-7][0-9a-z]{25})ord([0-7][0-9a-z]{25})$/; // 72 of at most 100 characters

/** The time as VNPay writes it: `yyyyMMddHHmmss` in Vietnam. */
export function vietnamTime(date: Date): string {
  const local = new Date(date.getTime() + VIETNAM_MS).toISOString();
  return local.replace(/\D/g, "").slice(0, 14);
}

/** The time that VNPay means; undefined when it is none. */
export function fromVietnamTime(text: string): Date | undefined {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  if (second === undefined) return undefined;
  const local = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`).getTime();
  return Number.isNaN(local) ? undefined : new Date(local - VIETNAM_MS);
}

/**
 * Our name of a payment at VNPay (`vnp_TxnRef`): letters and digits only. It begins with the time at which the payment was
 * made, because VNPay wants to be told both whenever it is asked about the payment, and keeps our ids, because VNPay has no
 * other place for them.
 */
export function referenceOf({
  paymentId,
  orderId,
  since,
}: {
  paymentId: string;
  orderId: string;
  since: Date;
}): string {
  const reference = `${vietnamTime(since)}${paymentId.replace("_", "")}${orderId.replace("_", "")}`;
  if (!REFERENCE.test(reference)) throw new Error(`${paymentId} of ${orderId} cannot be named at VNPay.`);
  return reference;
}

/** What a reference says; undefined for one that is not ours. */
export function readReference(reference: string): { paymentId: string; orderId: string; madeAt: string } | undefined {
  const [, madeAt, payment, order] = REFERENCE.exec(reference) ?? [];
  return madeAt === undefined ? undefined : { madeAt, paymentId: `pay_${payment}`, orderId: `ord_${order}` };
}

/** When the payment of a reference was made, as VNPay writes it. @throws Error for a reference that is not ours */
export function madeAt(reference: string): string {
  const read = readReference(reference);
  if (!read) throw new Error(`${reference} is not a payment of this shop at VNPay.`);
  return read.madeAt;
}

/** A name of a request, of letters and digits only; each key has its own. */
export function requestIdOf(key: string): string {
  return key.replace("_", "").replace(".", "g");
}
