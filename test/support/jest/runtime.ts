import { createRequire, enableCompileCache, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { WorkerEnvironment } from "./environment.ts";
import { setGlobals } from "./globals.ts";

const require = createRequire(import.meta.url);
const GLOBALS = new URL("globals.ts", import.meta.url).href;
/** What jest-circus keeps in the realm. Its next copy would go on with the tests of the last test file. */
const CIRCUS_STATE: readonly unknown[] = ["JEST_STATE_SYMBOL", "EVENT_HANDLERS"];

enableCompileCache();
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@jest/globals" ? { url: GLOBALS, shortCircuit: true } : next(specifier, context),
});

/** How often each test file has run in this process: what Node has loaded, it would not evaluate a second time. */
const runs = new Map<string, number>();

/**
 * Loads test files as Node loads programs. Jest's own runtime would read, compile and evaluate the project and its
 * packages again for each test file, which takes 1 to 2 s: longer than most of them run. Here each worker does it once.
 * So the test files of a worker share what modules keep, as all services on a node do. Jest's mocks of modules and its
 * coverage do not work here.
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
    const run = runs.get(path) ?? 0;
    runs.set(path, run + 1);
    await import(`${pathToFileURL(path).href}${run === 0 ? "" : `?run=${run}`}`);
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
