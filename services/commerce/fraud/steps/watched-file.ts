import { unwatchFile, watchFile } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Log } from "#lib/log.ts";
import { fraudLimits } from "../domain/limits.ts";

/** What was read from a file. While it is watched, it is read again when the file changes. */
export interface WatchedFile<T> {
  readonly current: T;
  close(): void;
}

/**
 * Reads a file.
 * @param watched whether it is read again when it changes. A version that cannot be read is logged, and the one before
 * stays in use
 * @throws whatever the first reading throws
 */
export async function openFile<T>(
  path: string,
  parse: (content: Buffer) => T,
  { watched, log, pollMs = fraudLimits.DATABASE_POLL_MS }: { watched: boolean; log: Log; pollMs?: number },
): Promise<WatchedFile<T>> {
  const read = () => readFile(path).then<T>(parse);
  const file: { current: T; close: () => void } = { current: parse(await readFile(path)), close: () => {} };
  if (!watched) return file;
  const reload = () => {
    read().then(
      (current) => {
        file.current = current;
        log.info("A file has changed and is in use now.", { path });
      },
      (error: unknown) =>
        log.warn("A file has changed and cannot be read; the version before it stays in use.", {
          path,
          reason: String(error),
        }),
    );
  };
  // Polls, because a file that another one replaces by a rename is not seen by `watch`.
  watchFile(path, { interval: pollMs, persistent: false }, reload);
  file.close = () => unwatchFile(path, reload);
  return file;
}
