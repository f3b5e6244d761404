import { createRequire, enableCompileCache, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { WorkerEnvironment } from "./environment.ts";
import { setGlobals } from "./globals.ts";

const require = createRequire(import.meta.url);
const GLOBALS = new URL("globals.ts", import.meta.url).href;
/** What jest-circus keeps in the realm. Its next copy would go on with the tests of the last test file. */
const CIRCUS_STATE: readonly unknown[] = ["JEST_STATE_SYMBOL", "EVENT_HANDLERS"];

const TESTS = new URL("../../", import.meta.url).href;
const OWN = new URL("./", import.meta.url).href;

/** The number of the test file in this process. */
let run = 0;

enableCompileCache();
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "@jest/globals") return { url: GLOBALS, shortCircuit: true };
    const resolved = next(specifier, context);
    // Modules of the tests are evaluated for each test file: they may keep what one file has changed.
    const isOfTests = resolved.url.startsWith(TESTS) && !resolved.url.startsWith(OWN) && resolved.url.endsWith(".ts");
    return isOfTests ? { ...resolved, url: `${resolved.url}?run=${run}` } : resolved;
  },
});

/**
 * Loads test files as Node loads programs. Jest's own runtime would read, compile and evaluate the project and its
 * packages again for each test file, which takes 1 to 2 s: longer than most of them run. Here each worker does it once.
 * So the test files of a worker share what modules of the project keep, as all services on a node do. Jest's mocks of
 * modules and its coverage do not work here.
 */
class NodeRuntime {
  readonly #environment: WorkerEnvironment;

  constructor(_config: unknown, environment: WorkerEnvironment) {
    this.#environment = environment;
  }

  unstable_shouldLoadAsEsm(): boolean {
    return true;
  }

  async unstable_importModule(path: string): Promise<void> {
    run += 1;
    await import(pathToFileURL(path).href);
  }

  /** jest-circus, loaded anew for each test file. */
  requireInternalModule(path: string): unknown {
    for (const key of Object.getOwnPropertySymbols(globalThis)) {
      if (CIRCUS_STATE.includes(key.description)) Reflect.deleteProperty(globalThis, key);
    }
    delete require.cache[path];
    return require(path);
  }

  requireModule(path: string): unknown {
    return require(path);
  }

  setGlobalsForRuntime(globals: Readonly<Record<string, object>>): void {
    setGlobals({ ...globals, jest: this.#environment.jest });
  }

  enterTestCode(): void {}
  leaveTestCode(): void {}
  getSourceMaps(): null {
    return null; // types become spaces, so that lines and columns stay as written
  }
  getAllCoverageInfoCopy(): void {}
  teardown(): void {}
}

export { NodeRuntime as "module.exports" };
