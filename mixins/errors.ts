import { Errors } from "moleculer";

/**
 * The catalogue of everything that can go wrong for a caller: `code` to HTTP status and title.
 * Codes are stable: clients branch on them.
 */
export const catalogue = {
  BAD_REQUEST: { status: 400, title: "The request cannot be read" },
  MALFORMED_JSON: { status: 400, title: "The body is not valid JSON" },
  UNAUTHENTICATED: { status: 401, title: "A valid token is required" },
  INVALID_CREDENTIALS: { status: 401, title: "Email or password is wrong" },
  INVALID_REFRESH_TOKEN: { status: 401, title: "The refresh token is not valid" },
  PAYMENT_DECLINED: { status: 402, title: "The payment was declined" },
  FORBIDDEN: { status: 403, title: "Not allowed" },
  NOT_FOUND: { status: 404, title: "Not found" },
  METHOD_NOT_ALLOWED: { status: 405, title: "Method not allowed" },
  ALREADY_EXISTS: { status: 409, title: "It exists already" },
  EMAIL_TAKEN: { status: 409, title: "The email address is registered already" },
  LIMIT_REACHED: { status: 409, title: "There are as many as there may be" },
  PRICE_CHANGED: { status: 409, title: "The price has changed" },
  OUT_OF_STOCK: { status: 409, title: "Not enough stock" },
  ORDER_NOT_CANCELLABLE: { status: 409, title: "The order can no longer be cancelled" },
  ORDER_NOT_PAYABLE: { status: 409, title: "The order cannot be paid" },
  PAYMENT_STATE: { status: 409, title: "The payment is not in a state that allows this" },
  CART_EMPTY: { status: 409, title: "The cart is empty" },
  CART_CHECKED_OUT: { status: 409, title: "The cart was checked out already" },
  CONFLICT: { status: 409, title: "Somebody else changed it at the same time" },
  EVENT_NOT_APPLIED: { status: 409, title: "The event could not be applied this time either" },
  REQUEST_IN_PROGRESS: { status: 409, title: "A request with this idempotency key is still running" },
  BODY_TOO_LARGE: { status: 413, title: "The body is too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The content type is not supported" },
  VALIDATION_FAILED: { status: 422, title: "The request is not valid" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "The idempotency key was used for another request" },
  UNKNOWN_PRODUCT: { status: 422, title: "There is no such product" },
  COUPON_INVALID: { status: 422, title: "The coupon is not valid" },
  AMOUNT_TOO_HIGH: { status: 422, title: "The amount is above what is left" },
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  INTERNAL: { status: 500, title: "Something went wrong on our side" },
  PROVIDER_UNAVAILABLE: { status: 503, title: "The payment provider does not answer" },
  SERVICE_UNAVAILABLE: { status: 503, title: "Part of the shop is down, please try again" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof catalogue;

/** One thing wrong with one field: `path` is a JSON pointer into the request. */
export interface FieldError {
  path: string;
  message: string;
}

/** Facts a client may act on, beside the sentence. `errors` and `retryAfterSeconds` are known to the edge. */
export interface ProblemData {
  errors?: readonly FieldError[];
  retryAfterSeconds?: number;
  [fact: string]: unknown;
}

/**
 * An expected failure, named by its code in the catalogue.
 * Across nodes the class is lost and `type` stays, so compare with `isProblem`, never with `instanceof`.
 */
export class Problem extends Errors.MoleculerError {
  constructor(code: ErrorCode, detail?: string, data: ProblemData = {}) {
    super(detail ?? catalogue[code].title, catalogue[code].status, code, data);
    this.name = "Problem";
  }
}

/** Whether `error`, from this node or another, is the named problem (or any problem of the catalogue). */
export function isProblem(error: unknown, code?: ErrorCode): error is Problem {
  if (typeof error !== "object" || error === null || !("type" in error)) return false;
  return code === undefined ? Object.hasOwn(catalogue, String(error.type)) : error.type === code;
}

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

/** Whether `error` says that something the shop stands on is away for now, rather than that the work is wrong. */
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

/**
 * Whether `error` says that somebody else holds what the work needs: a lock, or the other side of a deadlock. An outage
 * of these rows rather than of their database.
 */
export function isBusy(error: unknown): boolean {
  return /^(55P03|40001|40P01)$/.test(sqlState(error) ?? "");
}

/** The Postgres SQLSTATE of an error, where it has one. */
export function sqlState(error: unknown): string | undefined {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/** SQLSTATE of a broken unique constraint. */
export const UNIQUE_VIOLATION = "23505";
