/**
 * A refresh token contains the id of its session and a secret. The id is shown nowhere else, so a request with the id
 * comes from somebody who has had one of its refresh tokens. Access tokens name the session by another value, its sid.
 */
export interface RefreshToken {
  sessionId: string;
  secret: string;
}

export function formatRefreshToken({ sessionId, secret }: RefreshToken): string {
  return `${sessionId}.${secret}`;
}

/** @returns `undefined` for text that does not have the form of a refresh token */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, secret] = /^(sess_[0-9a-z]{26})\.([\w-]{43})$/.exec(text) ?? [];
  return sessionId && secret ? { sessionId, secret } : undefined;
}
