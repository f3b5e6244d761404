import { demoAccounts } from "#config/demo.ts";
import { errorCodes } from "#lib/contract/errors.ts";
import type { Contract } from "#lib/contract/types.ts";
import { declaredStreams } from "../streams/declared-streams.ts";
import { headerComponents, parameterComponents, responseHeaders } from "./headers.ts";
import { type Json, Schemas } from "./json-schema.ts";
import { actionOperation, streamOperation } from "./operations.ts";
import { originsOf } from "./origins.ts";
import { problemExamples, problemSchema } from "./problems.ts";

const SERVER = "/api/v1";
const DESCRIPTION = `The REST contract of the shop. Amounts are decimals in major units, times are ISO 8601 in UTC.

The examples are those of the demonstration shop, and run as they stand. Log in as its customer (\`POST /auth/login\`) and as its staff (\`POST /auth/staff/login\`), and enter each \`accessToken\` below "Authorize". It is valid for 15 minutes.

Every error is a problem (RFC 9457) with a stable \`code\`; each operation lists its codes by status.`;

/** The OpenAPI 3.1 document of the whole API, made from nothing but the contracts. */
export function openApi(contracts: readonly Contract[], version: string): Json {
  const schemas = new Schemas();
  const problem = schemas.of(problemSchema());
  collectNames(contracts, schemas);
  const shared = { schemas, origins: originsOf(contracts) };
  const operations = [
    ...contracts.flatMap(({ name: service, actions }) =>
      Object.entries(actions).flatMap(([name, spec]) => actionOperation(service, name, spec, shared) ?? []),
    ),
    ...declaredStreams(contracts).map((stream) => streamOperation(stream, shared)),
  ];
  const paths: Record<string, Json> = {};
  for (const { path, method, operation } of operations) {
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Tradepost", version, description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: SERVER }],
    tags: contracts.filter(hasRoutes).map(({ name, summary }) => ({ name, description: summary })),
    paths,
    components: {
      schemas: schemas.components,
      parameters: parameterComponents,
      headers: headerComponents,
      examples: problemExamples(errorCodes()),
      securitySchemes: {
        customerToken: token("POST /auth/login", demoAccounts.customer),
        staffToken: token("POST /auth/staff/login", demoAccounts.staff),
      },
      responses: {
        Problem: {
          description: "Any other problem",
          headers: responseHeaders(["X-Request-Id"]),
          content: { "application/problem+json": { schema: problem } },
        },
      },
    },
  };
}

/** All names are known before the first operation, so that each operation refers to them. */
function collectNames(contracts: readonly Contract[], schemas: Schemas): void {
  for (const { rest, params, returns } of contracts.flatMap(({ actions }) => Object.values(actions))) {
    if (!rest) continue;
    schemas.of(params);
    schemas.of(returns);
  }
}

function token(route: string, { email, password }: { email: string; password: string }): Json {
  const description = `The \`accessToken\` of \`${route}\`. In the demonstration shop: \`${email}\` with \`${password}\`.`;
  return { type: "http", scheme: "bearer", bearerFormat: "JWT", description };
}

function hasRoutes(contract: Contract): boolean {
  return Object.values(contract.actions).some(({ rest }) => rest !== undefined);
}
