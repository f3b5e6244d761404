/**
 * A refresh token names its session and carries a secret. The session's id appears nowhere else outside, so whoever
 * can name it has held one of its tokens.
 */
export interface RefreshToken {
  sessionId: string;
  secret: string;
}

export function formatRefreshToken({ sessionId, secret }: RefreshToken): string {
  return `${sessionId}.${secret}`;
}

/** @returns `undefined` for text that was never a refresh token of ours */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, secret] = /^(sess_[0-9a-z]{26})\.([\w-]{43})$/.exec(text) ?? [];
  return sessionId && secret ? { sessionId, secret } : undefined;
}
