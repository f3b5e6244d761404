import { Type } from "typebox";
import { demoAccounts } from "#config/demo.ts";
import { limits } from "#config/limits.ts";
import { anyone, internal } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { NamedExact } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText, TextOrEmpty } from "#lib/contract/text.ts";
import { authLimits } from "./domain/limits.ts";

export const authIds = defineIds({ session: "sess" });

/** What all access tokens have in common, for the service that signs them and for those that verify them (RFC 9068). */
export const accessTokens = {
  issuer: "tradepost",
  type: "at+jwt",
  algorithm: "RS256",
  lifeSeconds: authLimits.ACCESS_TOKEN_SECONDS,
} as const;

/**
 * An email address to register with. No part of the pattern matches the character that ends it, so that matching takes
 * linear time.
 */
export const Email = Personal(
  FormedText("an email address", "^[^\\s@\\u0000]+@[^\\s@.\\u0000]+(\\.[^\\s@.\\u0000]+)+$", {
    maxLength: 254,
    description: "an email address; upper and lower case are the same",
    examples: ["ada@example.com"],
  }),
);

/** A password of a new account. */
export const NewPassword = Type.String({
  minLength: authLimits.PASSWORD_CHARS,
  maxLength: 128,
  description:
    "8 to 128 characters; not the email address, not one single character repeated, and none of the most common passwords",
  examples: ["correct-horse-battery"],
});

const Kind = Type.Union([Type.Literal("customer"), Type.Literal("staff")]);
const SubjectId = Type.String({ minLength: 1, maxLength: 64, description: "id of the customer or member of staff" });

const Login = NamedExact("Login", {
  // This is not checked as an email address: one that is not registered is answered as wrong in any case.
  email: TextOrEmpty(254, { minLength: 1, examples: [demoAccounts.customer.email] }),
  password: Type.String({ minLength: 1, maxLength: 128, examples: [demoAccounts.customer.password] }),
  otp: Type.Optional(
    Type.String({
      maxLength: 32,
      description: "one-time code; read only for accounts with a second factor",
      examples: ["123456"],
    }),
  ),
});

const Tokens = NamedExact("Tokens", {
  accessToken: Type.String({
    description: "RS256 JWT, to be sent as `Authorization: Bearer …`",
    examples: ["eyJhbGciOiJSUzI1NiJ9.…"],
  }),
  refreshToken: Type.String({
    description: "Can be used for one refresh",
    examples: ["sess_01h455vb4pex5vsknk084sn02q.…"],
  }),
  tokenType: Type.Literal("Bearer"),
  expiresIn: Type.Integer({
    description: "seconds until the access token expires",
    examples: [authLimits.ACCESS_TOKEN_SECONDS],
  }),
});

const Sid = Type.String({ maxLength: 64, description: "the `sid` of access tokens" });
const Sids = Exact({ sids: Type.Array(Sid, { maxItems: limits.STATES_PER_CALL }) });

const RefreshToken = NamedExact("RefreshToken", {
  refreshToken: Type.String({
    minLength: 1,
    maxLength: 256,
    description: "The `refreshToken` of the last login or refresh",
    examples: ["sess_01h455vb4pex5vsknk084sn02q.…"],
  }),
});

const PublicKey = NamedExact("PublicKey", {
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
    /** Sessions have ended before their time. */
    sessionsEnded: Sids,
  },
  summary: "Credentials, access tokens and sessions of customers and staff.",
  personalData: {
    credential: { columns: ["email", "password_hash"], subject: "subject_id" },
    session: {
      columns: ["sid", "token_hash", "previous_hash", "successor_key", "created_at", "refreshed_at", "expires_at"],
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
      description:
        "The access token is valid for 15 minutes. The refresh token, which can be used once, gives new ones for as long as the session lives.",
      rest: "POST /auth/login",
      params: Login,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    staffLogin: action({
      summary: "Logs a member of staff in.",
      description: "Staff and customers are separate accounts, even with the same email address.",
      rest: "POST /auth/staff/login",
      example: { email: demoAccounts.staff.email, password: demoAccounts.staff.password },
      params: Login,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_CREDENTIALS", "RATE_LIMITED"],
    }),
    refresh: action({
      summary: "Exchanges a refresh token for new tokens.",
      description:
        "Used again within some seconds it gives the same new refresh token; later it ends its session. `refreshToken` comes from `POST /auth/login`, `POST /auth/staff/login` or the last refresh.",
      rest: "POST /auth/refresh",
      params: RefreshToken,
      returns: Tokens,
      access: anyone({ badToken: "ignored" }),
      errors: ["INVALID_REFRESH_TOKEN"],
    }),
    logout: action({
      summary: "Ends the session of a refresh token.",
      description:
        "Its access tokens are refused from then on. It is no error when the session has ended already. `refreshToken` comes from the login or the last refresh.",
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
    activeSessions: action({
      summary: "Those of these sessions that have not ended, with whom they belong to.",
      params: Sids,
      returns: Exact({
        sessions: Type.Array(Exact({ sid: Sid, subjectId: SubjectId }), { maxItems: limits.STATES_PER_CALL }),
      }),
      access: internal(),
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
