// Imports point one way: service -> actions, consumers, jobs -> steps -> store -> models; all of them -> domain;
// all of these -> mixins -> lib -> config. Of another service only contract.ts is imported.
//
// Imports of types count as well: two files that know each other's types cannot be understood one at a time.
// dependency-cruiser cannot use TypeScript 7, so it reads the files as JavaScript, with a parser that skips what it does
// not know. It therefore has to be given the files by name (see `npm run deps`).
const SERVICE = "^services/([^/]+/[^/]+)/"; // captures domain/service

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: "resolvable",
      comment: "An import that leads nowhere.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-circles",
      comment: "Two files that import each other, directly or through others, are one file in two places.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "lib-without-moleculer",
      comment: "What stands in lib/ works without a broker; what needs one belongs in mixins/.",
      severity: "error",
      from: { path: "^lib/" },
      to: { path: ["node_modules/moleculer", "^(mixins|services|tools|bench|test)/"] },
    },
    {
      name: "production-without-tools",
      comment: "Images for production contain neither tools/ nor bench/ nor test/.",
      severity: "error",
      from: { path: "^moleculer\\.config\\.ts$" },
      to: { path: "^(tools|bench|test)/" },
    },
    {
      name: "other-services-by-contract",
      comment: "What another service promises is in its contract.ts; the rest is private and may change today.",
      severity: "error",
      from: { path: SERVICE },
      to: { path: "^services/", pathNot: ["^services/$1/", "/contract\\.ts$"] },
    },
    {
      name: "contract-is-a-leaf",
      comment:
        "A contract is read by others: it brings nothing of its own service with it but constants of the domain.",
      severity: "error",
      from: { path: "^services/.+/contract\\.ts$" },
      to: { path: "^services/", pathNot: ["/contract\\.ts$", "/domain/"] },
    },
    {
      name: "models-by-store-only",
      comment: "Rows are turned into domain objects in one place.",
      severity: "error",
      from: { path: "^services/", pathNot: ["\\.store\\.ts$", "\\.models\\.ts$", "\\.service\\.ts$"] },
      to: { path: "\\.models\\.ts$" },
    },
    {
      name: "store-below-actions",
      comment: "A store knows rows and domain, not who asks.",
      severity: "error",
      from: { path: ["\\.store\\.ts$", "\\.models\\.ts$"] },
      to: { path: ["^services/.+/(actions|consumers|intakes|jobs|steps)/", "\\.service\\.ts$"] },
    },
    {
      name: "models-are-below-all",
      severity: "error",
      from: { path: "\\.models\\.ts$" },
      to: { path: "^services/", pathNot: ["/domain/", "\\.models\\.ts$", "/contract\\.ts$"] },
    },
    {
      name: "service-file-on-top",
      comment: "A service is reached by its actions and events, not by its file. Tests may load it.",
      severity: "error",
      from: { pathNot: "^test/" },
      to: { path: "\\.service\\.ts$" },
    },
    {
      name: "domain-is-pure",
      comment: "States and decisions: of its own service only the domain and the contracts' types.",
      severity: "error",
      from: { path: "^services/.+/domain/" },
      to: { path: "^services/", pathNot: ["/domain/", "/contract\\.ts$"] },
    },
    {
      name: "domain-has-no-world",
      comment: "No broker, no database, no files, no network, no settings: it decides on what it is given.",
      severity: "error",
      from: { path: "^services/.+/domain/" },
      to: {
        path: [
          "^config/env\\.ts$",
          "^(mixins|lib/(sql|events|keyvalue|dev-postgres|fault-injection))/",
          "node_modules/(moleculer|moleculer-[^/]+|sequelize|pg|nats|ioredis|stripe|pino)/",
          "^(node:)?(fs|net|http|https|child_process|process|timers|dns|tls|worker_threads)(/|$)",
        ],
      },
    },
    {
      name: "mixins-below-services",
      severity: "error",
      from: { path: "^mixins/" },
      to: { path: "^(services|tools|bench|test)/" },
    },
    {
      name: "config-below-all",
      severity: "error",
      from: { path: "^config/" },
      to: { path: "^(lib|mixins|services|tools|bench|test)/" },
    },
    {
      name: "services-below-tools",
      severity: "error",
      from: { path: "^services/" },
      to: { path: "^(tools|bench)/" },
    },
    {
      name: "nothing-imports-tests",
      comment: "The chaos run is a test as well: it borrows the network that can be broken.",
      severity: "error",
      from: { pathNot: ["^test/", "^tools/chaos/"] },
      to: { path: "^test/" },
    },
    {
      name: "no-development-packages-at-run-time",
      comment: "`npm ci --omit=dev` is what runs in production.",
      severity: "error",
      from: { path: "^(config|lib|mixins|services|moleculer\\.config\\.ts)" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    {
      name: "packages-are-listed",
      comment: "What is imported stands in package.json.",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^\\.data|^\\.cluster|^coverage" },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
