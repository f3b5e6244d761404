const WORKERS = 3; // on two cores, the smallest machine the tests must pass on: one in three waits for a server or a process
const TEST_MS = 30_000; // a system test starts servers and nodes; nothing that works takes this long

const common = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  moduleFileExtensions: ["ts", "js", "mjs", "cjs", "json", "node"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.js" },
  modulePathIgnorePatterns: ["<rootDir>/\\.data", "<rootDir>/\\.cluster"],
};

/** One Postgres server for all tests that want one; unit tests do not wait for it. */
const withServers = {
  globalSetup: "<rootDir>/test/support/global-setup.ts",
  globalTeardown: "<rootDir>/test/support/global-teardown.ts",
};

export default {
  maxWorkers: WORKERS,
  testTimeout: TEST_MS,
  projects: [
    { ...common, displayName: "unit", testMatch: ["<rootDir>/test/unit/**/*.test.ts"] },
    { ...common, ...withServers, displayName: "service", testMatch: ["<rootDir>/test/service/**/*.test.ts"] },
    { ...common, ...withServers, displayName: "system", testMatch: ["<rootDir>/test/system/**/*.test.ts"] },
  ],
};
