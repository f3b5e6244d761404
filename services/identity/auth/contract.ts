import { Type } from "typebox";
import { anyone, internal } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { Personal } from "#lib/contract/personal.ts";
import { authLimits } from "./domain/limits.ts";

export const authIds = defineIds({ session: "sess" });

/**
 * An email address to register with. No part of the pattern matches the character that ends it, so that matching takes
 * linear time.
 */
export const Email = Personal(
  Type.String({
    maxLength: 254,
    pattern: "^[^\\s@\\u0000]+@[^\\s@.\\u0000]+(\\.[^\\s@.\\u0000]+)+$",
    description: "an email address; upper and lower case are the same",
    examples: ["ada@example.com"],
  }),
);

/** A password of a new account. */
export const NewPassword = Type.String({
  minLength: 8,
  maxLength: 128,
  description: "8 to 128 characters; neither the email address nor one single character repeated",
});

const Kind = Type.Union([Type.Literal("customer"), Type.Literal("staff")]);
const SubjectId = Type.String({ minLength: 1, maxLength: 64, description: "id of the customer or member of staff" });

const Login = Exact({
  // This is not checked as an email address: one that is not registered is answered as wrong in any case.
  email: Type.String({ minLength: 1, maxLength: 254, pattern: "^[^\\u0000]*$" }),
  password: Type.String({ minLength: 1, maxLength: 128 }),
  otp: Type.Optional(
    Type.String({ maxLength: 32, description: "one-time code; read only for accounts with a second factor" }),
  ),
});

const Tokens = Exact({
  accessToken: Type.String({ description: "RS256 JWT, to be sent as `Authorization: Bearer …`" }),
  refreshToken: Type.String({ description: "Can be used for one refresh" }),
  tokenType: Type.Literal("Bearer"),
  expiresIn: Type.Integer({ description: "seconds until the access token expires" }),
});

const RefreshToken = Exact({ refreshToken: Type.String({ minLength: 1, maxLength: 256 }) });

const PublicKey = Exact({
  kty: Type.Literal("RSA"),
  n: Type.String(),
  e: Type.String(),
  kid: Type.String(),
  alg: Type.Literal("RS256"),
  use: Type.Literal("sig"),
});

export const authErrors = defineErrors({
  INVALID_CREDENTIALS: { status: 401, title: "Email or password is wrong" },
  INVALID_REFRESH_TOKEN: { status: 401, title: "The refresh token is not valid" },
  EMAIL_TAKEN: { status: 409, title: "The email address is registered already" },
});

// No action here is idempotent by key: the stored answer would contain tokens, of which only hashes may be stored.
export const auth = contract("auth", {
  signals: {
    /** Signing keys were rotated. */
    keysChanged: Empty,
  },
  summary: "Credentials, access tokens and sessions of customers and staff.",
  personalData: {
    credential: { columns: ["email", "password_hash"], subject: "subject_id" },
    session: {
      columns: ["token_hash", "previous_hash", "successor_key", "created_at", "refreshed_at", "expires_at"],
      subject: "subject_id",
    },
    login_address: { columns: ["address_hash", "last_login_at"], subject: "subject_id" },
    attempt_counter: "none", // by keyed hashes, for COUNTER_HOURS at most
    hash_key: "none",
    signing_key: "none",
  },
  actions: {
    login: action({
      summary: "Logs a customer in.",
      rest: "POST /auth/login",
      params: Login,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    staffLogin: action({
      summary: "Logs a member of staff in.",
      rest: "POST /auth/staff/login",
      params: Login,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    refresh: action({
      summary:
        "Exchanges a refresh token for new tokens. Used again within some seconds it gives the same new refresh token; later it ends its session.",
      rest: "POST /auth/refresh",
      params: RefreshToken,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_REFRESH_TOKEN"],
    }),
    logout: action({
      summary: "Ends the session of a refresh token. It is no error when the session has ended already.",
      rest: "POST /auth/logout",
      status: 204,
      params: RefreshToken,
      returns: Empty,
      access: anyone({ badToken: "ignored" }),
    }),
    jwks: action({
      summary: "The public keys that verify access tokens, and the time on the clock that sets their time of issue.",
      params: Empty,
      returns: Exact({ keys: Type.Array(PublicKey, { maxItems: authLimits.PUBLISHED_KEYS }), now: Timestamp }),
      access: anyone(),
      retryable: true,
    }),
    addCredential: action({
      summary: "Stores a password for a new account; nobody can log in with it until it is activated.",
      params: Exact({ kind: Kind, subjectId: SubjectId, email: Email, password: NewPassword }),
      returns: Empty,
      access: internal(),
      errors: ["RATE_LIMITED"],
      retryable: true,
    }),
    activateCredential: action({
      summary: "Makes a pending credential usable. It is no error when it is usable already.",
      params: Exact({ subjectId: SubjectId }),
      returns: Empty,
      access: internal(),
      retryable: true,
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    auth: typeof auth;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    auth: typeof authErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    auth: typeof authIds;
  }
}
