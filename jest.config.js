/** For two cores, the smallest machine the tests must pass on: much of the time tests wait for something, and need no core. */
const WORKERS = 3;
/**
 * Some tests start five servers and nodes one after the other, each of which takes up to 6 s on two slow cores that others use
 * as well. What a test waits for has a bound of its own.
 */
const TEST_MS = 60_000;

/** Then a worker is replaced. It holds all the modules that its test files have loaded, and what these have left behind. */
const WORKER_MEMORY = "1GB";

const common = {
  testEnvironment: "<rootDir>/test/support/jest/environment.ts",
  runtime: "<rootDir>/test/support/jest/runtime.ts",
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  transform: {},
  modulePathIgnorePatterns: ["<rootDir>/\\.data", "<rootDir>/\\.cluster"],
};

/** All service and system tests share one Postgres server. Unit tests do not need it and do not wait for it. */
const withServers = {
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
};

export default {
  maxWorkers: WORKERS,
  testTimeout: TEST_MS,
  workerIdleMemoryLimit: WORKER_MEMORY,
  testSequencer: "<rootDir>/test/support/slowest-first.js",
  reporters: ["default", "<rootDir>/test/support/times-reporter.ts"],
  projects: [
    { ...common, displayName: "unit", testMatch: ["<rootDir>/test/unit/**/*.test.ts"] },
    { ...common, ...withServers, displayName: "service", testMatch: ["<rootDir>/test/service/**/*.test.ts"] },
    { ...common, ...withServers, displayName: "system", testMatch: ["<rootDir>/test/system/**/*.test.ts"] },
  ],
};
