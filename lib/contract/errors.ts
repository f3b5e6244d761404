/** What an error code means to a client. Codes are stable: clients branch on them. */
export interface ErrorSpec {
  status: number;
  title: string;
  /** What a client should do about it, in full sentences. Absent: what its status asks for, see `STATUS_HELP`. */
  help?: string;
  /** For API documents: the sentence and the further facts of one such error. */
  example?: Readonly<Record<string, unknown>>;
}

/** What a client should do about a status, where the code has no help of its own. */
const STATUS_HELP: Readonly<Record<number, string>> = {
  400: "Correct the request: `detail` says what is wrong with it. Sending it again unchanged gives the same answer.",
  401: "Send `Authorization: Bearer <access token>` with a token that has not expired. `POST /api/v1/auth/refresh` gives a new one for a refresh token, and `POST /api/v1/auth/login` for a password.",
  402: "Ask the customer for another payment method. The same request with the same method is likely to be declined again.",
  403: "Use an account with the scope that the API reference names for this operation.",
  404: "Check the path and the ids in it. An object that belongs to somebody else is not found either.",
  405: "Use one of the methods that the `Allow` header names.",
  406: "Send an `Accept` header with one of the types that `detail` names, or none.",
  408: "Send the whole request without pauses: `detail` names the time that it may take.",
  409: "Read the object again and decide by its present state: `detail` says what has changed.",
  413: "Send less in one request: `detail` names the limit.",
  415: "Send JSON with `Content-Type: application/json`, not compressed.",
  422: "Correct what `detail` and `errors` name. Sending it again unchanged gives the same answer.",
  429: "Wait for the seconds that `Retry-After` names, then send the request again.",
  500: "This is a defect of the shop. Report it with the `requestId`: the log has a line with the same id.",
  503: "Wait for the seconds that `Retry-After` names, then send the request again. Send what creates or charges something with an `Idempotency-Key`, so that it cannot take effect twice.",
};

/** Codes that any service, or the gateway, may answer with. A code of one domain is declared in that domain's contract. */
export const commonErrors = {
  BAD_REQUEST: { status: 400, title: "The request could not be understood" },
  MALFORMED_JSON: {
    status: 400,
    title: "The body is not valid JSON",
    help: "Send a body that a JSON parser accepts, in UTF-8.",
  },
  UNAUTHENTICATED: { status: 401, title: "A valid token is required" },
  FORBIDDEN: { status: 403, title: "You are not allowed to do this" },
  NOT_FOUND: { status: 404, title: "Not found" },
  METHOD_NOT_ALLOWED: { status: 405, title: "This path does not support the method" },
  NOT_ACCEPTABLE: { status: 406, title: "The answer is not available in the format that was asked for" },
  BODY_TOO_SLOW: { status: 408, title: "The body of the request arrives too slowly" },
  ALREADY_EXISTS: {
    status: 409,
    title: "This already exists",
    help: "Use the object that exists, or choose another name for the new one.",
  },
  LIMIT_REACHED: {
    status: 409,
    title: "The maximum number has been reached",
    help: "Remove what is no longer needed, then send the request again.",
  },
  CONFLICT: {
    status: 409,
    title: "Another request changed it at the same time",
    help: "Read the object again, then send the request again.",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    title: "A request with this idempotency key is still running",
    help: "Send the same request with the same key again after a moment: it gets the answer of the first one.",
  },
  BODY_TOO_LARGE: { status: 413, title: "The body is too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The content type is not supported" },
  VALIDATION_FAILED: {
    status: 422,
    title: "The request is not valid",
    example: {
      detail: "/email must be an email address such as ada@example.com.",
      errors: [{ path: "/email", message: "must be an email address such as ada@example.com" }],
    },
  },
  CARD_DATA_REFUSED: {
    status: 422,
    title: "Card numbers and security codes must not be sent to the shop",
    help: "Let the customer's browser send the card to the payment provider, and send the token that the provider answers with. `errors` names the field.",
    example: { errors: [{ path: "/note", message: "must not be card data" }] },
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    title: "The idempotency key was used for another request",
    help: "Use a new key for each new request, and the same key only to repeat a request unchanged.",
  },
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  INTERNAL: { status: 500, title: "An unexpected error occurred on the server" },
  SERVICE_UNAVAILABLE: { status: 503, title: "Part of the shop is unavailable at the moment; please try again" },
} as const satisfies Record<string, ErrorSpec>;

/**
 * All error codes, by the service that owns them. Each contract adds its own line:
 * `declare module "#lib/contract/errors.ts" { interface ErrorCodes { orders: typeof orderErrors } }`.
 */
export interface ErrorCodes {
  common: typeof commonErrors;
}

export type ErrorCode = { [Owner in keyof ErrorCodes]: keyof ErrorCodes[Owner] & string }[keyof ErrorCodes];

const catalogue = new Map<string, ErrorSpec>(Object.entries(commonErrors));

/**
 * Declares the error codes that a service owns.
 * @throws Error when another service has declared one of them with another meaning
 */
export function defineErrors<const E extends Record<string, ErrorSpec>>(errors: E): E {
  for (const [code, spec] of Object.entries(errors)) {
    const known = catalogue.get(code);
    if (known && (known.status !== spec.status || known.title !== spec.title))
      throw new Error(`The error code ${code} is declared twice.`);
    catalogue.set(code, spec);
  }
  return errors;
}

/** Status and title of a code; undefined when no loaded contract declares it. */
export function errorSpec(code: string): ErrorSpec | undefined {
  return catalogue.get(code);
}

/** What a client should do about an error: its own help, or that of its status. */
export function helpFor({ status, title, help }: ErrorSpec): string {
  return help ?? STATUS_HELP[status] ?? title;
}

/** Every code that a loaded contract declares. */
export function errorCodes(): string[] {
  return [...catalogue.keys()].sort();
}

/** One problem with one field: `path` is a JSON pointer into the request. */
export interface FieldError {
  path: string;
  message: string;
}

/** Further facts of an error. The gateway shows `errors`, and sends `retryAfterSeconds` as `Retry-After`. */
export interface ErrorData {
  errors?: readonly FieldError[];
  retryAfterSeconds?: number;
  [fact: string]: unknown;
}

/**
 * An expected failure, named by its code, without HTTP or Moleculer. The middleware `translateErrors` translates it where
 * it leaves an action. Another service gets a Moleculer error with the same `type`, so compare with `isDomainError`, never
 * with `instanceof`.
 */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly type: ErrorCode;
  /** The sentence for this case. Absent: the title of the code. */
  readonly detail: string | undefined;
  readonly data: ErrorData;

  constructor(code: ErrorCode, detail?: string, data: ErrorData = {}) {
    super(detail ?? code);
    this.type = code;
    this.detail = detail;
    this.data = data;
  }
}

/** An answer lists at most this many field errors. */
export const FIELD_ERRORS_SHOWN = 20;

/**
 * The error for a request with wrong fields; it lists the first `FIELD_ERRORS_SHOWN` of them.
 * @param detail the sentence; absent: what is wrong with the first field, because the title says already that the request
 * is not valid
 */
export function validationError(detail: string | undefined, errors: readonly FieldError[]): DomainError {
  return new DomainError("VALIDATION_FAILED", detail ?? firstFault(errors), {
    errors: errors.slice(0, FIELD_ERRORS_SHOWN),
  });
}

function firstFault([first, ...others]: readonly FieldError[]): string | undefined {
  if (!first) return undefined;
  const sentence = `${first.path || "The request"} ${first.message}.`;
  return others.length === 0 ? sentence : `${sentence} More is wrong, see errors.`;
}

/** A `DomainError` of this service, or the Moleculer error into which another service's one was translated. */
export type NamedError = Error & { readonly type: ErrorCode; readonly data?: ErrorData };

/** Whether `error`, from this node or another, has this code (or any code of the catalogue). */
export function isDomainError(error: unknown, code?: ErrorCode): error is NamedError {
  if (typeof error !== "object" || error === null || !("type" in error)) return false;
  return code === undefined ? catalogue.has(String(error.type)) : error.type === code;
}
