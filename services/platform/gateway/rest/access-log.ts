import type { IncomingMessage, ServerResponse } from "node:http";
import type { Env } from "#config/env.ts";
import { pathParams } from "#lib/contract/rest-path.ts";
import type { Contract } from "#lib/contract/types.ts";
import type { GatewayRequest } from "./edge.ts";
import { clientAddress } from "./request-headers.ts";

const UNKNOWN_PATH_CHARS = 64;
const PLAIN_ID = /^[\w~.-]{1,64}$/;

interface AccessLogOptions {
  env: Env;
  contracts: readonly Contract[];
  log: { info(message: string, facts: object): void };
  /** The pattern of a route such as `/api/v1/orders/:orderId`; undefined when no route has the path. */
  patternOf(path: string, method: string | undefined): string | undefined;
}

/**
 * Writes one line for each request when its response has ended, refusals included. Without `ACCESS_LOG` and above the
 * level debug, only requests that may have changed something get a line: those of actions with another method than GET.
 */
export class AccessLog {
  readonly #isComplete: boolean;
  readonly #log: AccessLogOptions["log"];
  readonly #patternOf: AccessLogOptions["patternOf"];
  readonly #trustProxy: boolean;
  readonly #idParams: ReadonlySet<string>;

  constructor({ env, contracts, log, patternOf }: AccessLogOptions) {
    const { ACCESS_LOG, LOG_LEVEL } = env;
    this.#isComplete = ACCESS_LOG ? ACCESS_LOG === "on" : LOG_LEVEL === "debug" || LOG_LEVEL === "trace";
    this.#log = log;
    this.#patternOf = patternOf;
    this.#trustProxy = env.TRUST_PROXY === "on";
    this.#idParams = idParamsOf(contracts);
  }

  /** A request has arrived. */
  begin(req: IncomingMessage, res: ServerResponse, requestId: string): void {
    if (this.#isComplete) this.#writeAtEnd(req, res, requestId);
  }

  /** A request has reached an action. */
  beginAction(req: GatewayRequest, res: ServerResponse, requestId: string): void {
    if (!this.#isComplete && req.method !== "GET" && req.method !== "HEAD") this.#writeAtEnd(req, res, requestId);
  }

  #writeAtEnd(req: IncomingMessage, res: ServerResponse, requestId: string): void {
    const { method } = req;
    const startedAt = performance.now();
    const path = ((req as Partial<GatewayRequest>).originalUrl ?? req.url ?? "").split("?", 1)[0] as string;
    const address = clientAddress(req, this.#trustProxy); // a closed socket has none
    res.once("close", () => {
      this.#log.info(`${method} ${this.#shown(path, method)} ${res.statusCode}`, {
        requestId,
        ms: Math.round(performance.now() - startedAt),
        callerKind: (req as Partial<GatewayRequest>).caller?.auth.kind ?? "unknown", // of a health check, for example
        address,
        ...(res.writableFinished ? {} : { aborted: true }),
      });
    });
  }

  /**
   * A path as it may be logged, because a path can carry what grants access, such as the code of a gift card. Of the
   * parameters of a route only ids are shown, and of the others the names. Of a path without a route only the beginning is
   * shown, which is shorter than our tokens.
   */
  #shown(path: string, method: string | undefined): string {
    const pattern = this.#patternOf(path, method);
    if (pattern === undefined) return path.length > UNKNOWN_PATH_CHARS ? `${path.slice(0, UNKNOWN_PATH_CHARS)}…` : path;
    const values = path.split("/");
    return pattern
      .replaceAll("\\", "") // of `/prices\:batch`
      .split("/")
      .map((segment, index) => {
        const value = values[index] ?? "";
        return segment.startsWith(":") && this.#idParams.has(segment.slice(1)) && PLAIN_ID.test(value)
          ? value
          : segment;
      })
      .join("/");
  }
}

/** The names of all path parameters that are ids. */
function idParamsOf(contracts: readonly Contract[]): Set<string> {
  const params = contracts
    .flatMap(({ actions }) => Object.values(actions))
    .flatMap(({ rest = "", params }) => {
      const properties = ("properties" in params ? params.properties : {}) as Record<string, object>;
      return pathParams(rest).filter((name) => "x-id" in (properties[name] ?? {}));
    });
  return new Set(params);
}
