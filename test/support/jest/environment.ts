import { setTimeout as sleep } from "node:timers/promises";
import { ModernFakeTimers } from "@jest/fake-timers";
import { ModuleMocker } from "jest-mock";
import { failureNotes, forgetNotes } from "./failure-notes.ts";

type Config = ConstructorParameters<typeof ModernFakeTimers>[0]["config"];
type CircusEvent = { name: string; test?: { errors: readonly unknown[] } };
type Listener = (...args: unknown[]) => void;

const LOGS_MS = 300; // until what other processes have logged before has arrived
const OWN_FRAMES = /\n[^\n]*\/test\/support\/jest\/[^\n]*/g;
const STACK_FRAMES = 20; // Jest sets 100, and Sequelize takes a stack for each query
const TEST_TIMEOUT = Symbol.for("TEST_TIMEOUT_SYMBOL"); // where jest-circus looks for it

/** Test files run in the realm of their worker: see `runtime.ts`. What one changes of the process is undone after it. */
export class WorkerEnvironment {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;
  readonly #undo: () => void;

  constructor({ projectConfig }: { projectConfig: Config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
    this.#undo = rememberProcess();
  }

  /** The part of Jest's object `jest` that has a meaning here. */
  get jest(): object {
    const { moduleMocker: mocker, fakeTimersModern: timers } = this;
    return {
      fn: mocker.fn.bind(mocker),
      spyOn: mocker.spyOn.bind(mocker),
      replaceProperty: mocker.replaceProperty.bind(mocker),
      restoreAllMocks: () => mocker.restoreAllMocks(),
      useFakeTimers: (options?: Parameters<typeof timers.useFakeTimers>[0]) => timers.useFakeTimers(options),
      useRealTimers: () => timers.useRealTimers(),
      setTimeout: (ms: number) => Reflect.set(globalThis, TEST_TIMEOUT, ms),
    };
  }

  async setup(): Promise<void> {
    Reflect.deleteProperty(Error, "prepareStackTrace"); // Jest's looks for source maps, at each stack
    Error.stackTraceLimit = STACK_FRAMES;
  }

  async teardown(): Promise<void> {
    forgetNotes();
    this.moduleMocker.restoreAllMocks();
    this.fakeTimersModern.dispose();
    this.#undo();
  }

  /** Jest's reports shorten paths, but not URLs, with which Node names modules. */
  async handleTestEvent({ name, test }: CircusEvent): Promise<void> {
    if (name === "test_done") for (const error of test?.errors.flat() ?? []) shortenStack(error);
    if (name === "test_fn_failure" || name === "hook_failure") await printNotes();
  }

  /** There is none: test files run in the realm of their worker. Jest asks for the method. */
  getVmContext(): null {
    return null;
  }
}

/** Once for each test file, because its first failure usually explains the others. */
async function printNotes(): Promise<void> {
  await sleep(LOGS_MS);
  const notes = failureNotes();
  forgetNotes();
  if (notes !== "") process.stderr.write(`\nWhat can explain the failure of a test:\n${notes}\n`);
}

function shortenStack(error: unknown): void {
  if (!(error instanceof Error)) return;
  error.stack = error.stack?.replaceAll("file://", "").replace(OWN_FRAMES, "");
  shortenStack(error.cause);
}

/** @returns a function that gives the process what it has now */
function rememberProcess(): () => void {
  const { exit, env } = process;
  const { console } = globalThis;
  const variables = { ...env };
  const folder = process.cwd();
  const kept = new Set(process.eventNames().flatMap((name) => process.rawListeners(name)));
  return () => {
    process.exit = exit;
    globalThis.console = console;
    for (const name of Object.keys(env)) if (!(name in variables)) delete env[name];
    Object.assign(env, variables);
    process.chdir(folder);
    for (const name of process.eventNames()) {
      for (const listener of process.rawListeners(name)) {
        if (!kept.has(listener)) process.off(name, listener as Listener);
      }
    }
    Reflect.deleteProperty(globalThis, TEST_TIMEOUT);
  };
}

export { WorkerEnvironment as default };
