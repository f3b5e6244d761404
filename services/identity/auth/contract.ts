import { Type } from "typebox";
import { anyone, internal } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { Personal } from "#lib/contract/personal.ts";
import { authLimits } from "./domain/limits.ts";

export const authIds = defineIds({ session: "sess" });

/** An address somebody registers with. Every part of the pattern excludes what ends it, so matching takes linear time. */
export const Email = Personal(
  Type.String({
    maxLength: 254,
    pattern: "^[^\\s@\\u0000]+@[^\\s@.\\u0000]+(\\.[^\\s@.\\u0000]+)+$",
    description: "an email address; upper and lower case are the same",
    examples: ["ada@example.com"],
  }),
);

/** A password somebody chooses. */
export const NewPassword = Type.String({
  minLength: 8,
  maxLength: 128,
  description: "8 to 128 characters; neither the email address nor one character over and over",
});

const Kind = Type.Union([Type.Literal("customer"), Type.Literal("staff")]);
const SubjectId = Type.String({ minLength: 1, maxLength: 64, description: "id of the customer or member of staff" });

const Login = Exact({
  // Not checked as an email address: whatever is not registered is simply wrong.
  email: Type.String({ minLength: 1, maxLength: 254, pattern: "^[^\\u0000]*$" }),
  password: Type.String({ minLength: 1, maxLength: 128 }),
  otp: Type.Optional(
    Type.String({ maxLength: 32, description: "one-time code; read only for accounts with a second factor" }),
  ),
});

const Tokens = Exact({
  accessToken: Type.String({ description: "RS256 JWT, to be sent as `Authorization: Bearer …`" }),
  refreshToken: Type.String({ description: "good for one refresh" }),
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

// None of these takes an Idempotency-Key: a kept answer would keep tokens, of which only hashes may be stored.
export const authErrors = defineErrors({
  INVALID_CREDENTIALS: { status: 401, title: "Email or password is wrong" },
  INVALID_REFRESH_TOKEN: { status: 401, title: "The refresh token is not valid" },
  EMAIL_TAKEN: { status: 409, title: "The email address is registered already" },
});

export const auth = contract("auth", {
  signals: {
    /** Signing keys were rotated. */
    keysChanged: Empty,
  },
  summary: "Credentials, access tokens and sessions of customers and staff.",
  actions: {
    login: action({
      summary: "Logs a customer in.",
      rest: "POST /auth/login",
      params: Login,
      returns: Tokens,
      access: anyone(),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    staffLogin: action({
      summary: "Logs a member of staff in.",
      rest: "POST /auth/staff/login",
      params: Login,
      returns: Tokens,
      access: anyone(),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    refresh: action({
      summary: "Gives new tokens for a refresh token, which is used up. Using one twice ends the session.",
      rest: "POST /auth/refresh",
      params: RefreshToken,
      returns: Tokens,
      access: anyone(),
      errors: ["INVALID_REFRESH_TOKEN"],
    }),
    logout: action({
      summary: "Ends the session of a refresh token; a session that has ended already is fine.",
      rest: "POST /auth/logout",
      status: 204,
      params: RefreshToken,
      returns: Empty,
      access: anyone(),
    }),
    jwks: action({
      summary: "The public keys that verify access tokens, and the time on the clock that tokens are issued by.",
      params: Empty,
      returns: Exact({ keys: Type.Array(PublicKey, { maxItems: authLimits.PUBLISHED_KEYS }), now: Timestamp }),
      access: anyone(),
      retryable: true,
    }),
    addCredential: action({
      summary: "Keeps a password for somebody who is about to exist; it opens nothing until it is activated.",
      params: Exact({ kind: Kind, subjectId: SubjectId, email: Email, password: NewPassword }),
      returns: Empty,
      access: internal(),
      errors: ["EMAIL_TAKEN"],
      retryable: true,
    }),
    activateCredential: action({
      summary: "Makes a pending credential usable; again is fine.",
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
