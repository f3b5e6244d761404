import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "#config/env.ts";
import { StartupError } from "#lib/startup-error.ts";
import { LocalMainKeys, type MainKeys, type NamedKey, type WrappedKey } from "./main-keys.ts";
import { KEY_BYTES } from "./seal.ts";

const KEY = /^([\w-]{1,64}):([A-Za-z0-9+/_-]{43}=?)$/; // 43 digits of base64 are 32 bytes
const GENERATED_FILE = "vault-keys";
const GENERATED_NAME = "development";

/**
 * The main keys of `VAULT_KEYS` or `VAULT_KEYS_FILE`. Without them, a key is generated outside of production; in production
 * there is none, because a key that is made up on each node would lose what it has encrypted.
 * @throws StartupError when a key is not usable
 */
export async function configuredMainKeys(
  env: Pick<Env, "VAULT_KEYS" | "VAULT_KEYS_FILE" | "DATA_DIR" | "production">,
): Promise<MainKeys | undefined> {
  const { VAULT_KEYS: text, VAULT_KEYS_FILE: file } = env;
  if (text !== undefined && file !== undefined) {
    throw new StartupError("VAULT_KEYS and VAULT_KEYS_FILE are both set: set one of them.");
  }
  if (text !== undefined) return keysFrom("VAULT_KEYS", text.split(","));
  if (file !== undefined) return keysFrom("VAULT_KEYS_FILE", (await contentOf(file)).split("\n"));
  return env.production ? undefined : new GeneratedMainKeys(env.DATA_DIR);
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartupError(`VAULT_KEYS_FILE cannot be read (${code}): ${file}`);
  }
}

/** Messages name keys by their places, because a text that is not understood may be a key. */
function keysFrom(setting: string, texts: readonly string[]): MainKeys {
  const [first, ...others] = texts
    .map((text) => text.trim())
    .filter((text) => text !== "" && !text.startsWith("#"))
    .map((text, at): NamedKey => {
      const [, name, key] = KEY.exec(text) ?? [];
      if (name === undefined || key === undefined) {
        throw new StartupError(`${setting}: key ${at + 1} is not a name, a colon and 32 bytes in base64.`);
      }
      return [name, Buffer.from(key, "base64")];
    });
  if (!first) throw new StartupError(`${setting} has no key.`);
  const names = [first, ...others].map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw new StartupError(`${setting} has two keys with the name ${twice}.`);
  return new LocalMainKeys([first, ...others]);
}

/**
 * A key for development, made in `DATA_DIR` when it is first needed. It is not kept in the database, as the key of the tokens
 * is, because a main key beside what it encrypts protects nothing. Machines that share a database need `VAULT_KEYS`.
 */
class GeneratedMainKeys implements MainKeys {
  readonly #dir: string;
  #keys: Promise<MainKeys> | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  current(): string {
    return GENERATED_NAME;
  }

  async wrap(dataKey: Buffer, dataKeyId: string): Promise<WrappedKey> {
    return (await this.#open()).wrap(dataKey, dataKeyId);
  }

  async unwrap(key: WrappedKey, dataKeyId: string): Promise<Buffer> {
    return (await this.#open()).unwrap(key, dataKeyId);
  }

  #open(): Promise<MainKeys> {
    this.#keys ??= generatedKeys(this.#dir).catch((error: unknown) => {
      this.#keys = undefined; // tried again when it is needed again
      throw error;
    });
    return this.#keys;
  }
}

/** Processes that start at the same time may each make a key; all of them use the one that was there first. */
async function generatedKeys(dir: string): Promise<MainKeys> {
  const file = join(dir, GENERATED_FILE);
  const draft = `${file}.${randomUUID()}`;
  await mkdir(dir, { recursive: true });
  await writeFile(draft, `${GENERATED_NAME}:${randomBytes(KEY_BYTES).toString("base64")}\n`, { mode: 0o600 });
  try {
    await link(draft, file); // fails when the file exists, and never leaves half of one
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  return keysFrom(file, (await readFile(file, "utf8")).split("\n"));
}
