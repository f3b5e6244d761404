// Errors of all libraries that mean "not available now" and not "wrong".
const OUTAGE_TYPES = new Set([
  "SERVICE_NOT_FOUND",
  "SERVICE_NOT_AVAILABLE",
  "REQUEST_TIMEOUT",
  "REQUEST_REJECTED",
  "QUEUE_FULL",
  "NODE_DISCONNECTED",
]);
// Postgres classes: 08 connection, 53 out of resources, 57P0x shutting down, 25P03 idle in a transaction for too long,
// 55P03 lock not available, 57014 timed out, 58 system error (disk), 40 serialisation and deadlock.
const OUTAGE_SQLSTATE = /^(08|53|57P0|58|40)|^(25P03|55P03|57014)$/;
const OUTAGE_SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOENT",
  "EHOSTUNREACH",
  "ENOTFOUND",
]);
const OUTAGE_NAMES = /^SequelizeConnection|^SequelizeHostNot|^BrokerDisconnectedError$|^NatsError$|^QueueIsFullError$/;
const OUTAGE_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client has encountered a connection error|Client was closed|the database system is/;

/** Whether `error` means that a server or another service is unavailable for now, and not that the request is wrong. */
export function isOutage(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  const { type, code, name, message, original } = error as Partial<
    Record<"type" | "code" | "name" | "message" | "original", unknown>
  >;
  return (
    (typeof type === "string" && OUTAGE_TYPES.has(type)) ||
    type === "SERVICE_UNAVAILABLE" ||
    (typeof code === "string" && (OUTAGE_SQLSTATE.test(code) || OUTAGE_SYSTEM.has(code))) ||
    (typeof name === "string" && OUTAGE_NAMES.test(name)) ||
    (typeof message === "string" && OUTAGE_MESSAGES.test(message)) ||
    (original !== undefined && original !== error && isOutage(original))
  );
}
