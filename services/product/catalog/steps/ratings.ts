import { limits } from "#config/limits.ts";
import { chunks } from "#lib/chunks.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { CallResult } from "#lib/contract/types.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { Rating } from "../domain/offers.ts";

const NONE: ReadonlyMap<string, Rating> = new Map();

/**
 * Asks reviews for the ratings of products. For a while it does not ask: when the shop has none at all, until the signal
 * `reviews.ratingsChanged` says that it may have some; and when reviews did not answer.
 */
export class Ratings {
  readonly #now: () => number;
  #askFrom = Number.NEGATIVE_INFINITY;
  #changes = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The ratings of those products that have any; none while they cannot be read. */
  async of(
    { call }: Pick<ServiceContext, "call">,
    productIds: readonly string[],
  ): Promise<ReadonlyMap<string, Rating>> {
    if (productIds.length === 0 || this.#now() < this.#askFrom) return NONE;
    const changes = this.#changes;
    const options = { timeoutMs: limits.OFFER_TIMEOUT_MS };
    const asked = chunks(productIds, limits.PAGE_SIZE).map((some) =>
      call("reviews.ratings", { productIds: some }, options),
    );
    try {
      const answers = await Promise.all(asked);
      // What was read before a change does not say what is true after it.
      if (changes === this.#changes && !answers.some(({ any }) => any)) this.#wait(catalogLimits.NO_RATINGS_MS);
      return byProduct(answers);
    } catch (error) {
      if (!isOutage(error)) throw error;
      this.#wait(catalogLimits.RATINGS_OUTAGE_MS);
      return NONE;
    }
  }

  /** Some product may have another rating than before. */
  changed(): void {
    this.#changes += 1;
    this.#askFrom = Number.NEGATIVE_INFINITY;
  }

  #wait(ms: number): void {
    this.#askFrom = this.#now() + ms;
  }
}

function byProduct(answers: readonly CallResult<"reviews.ratings">[]): ReadonlyMap<string, Rating> {
  const all = answers.flatMap(({ ratings }) => ratings);
  return new Map(all.map(({ productId, average, count }) => [productId, { average, count }]));
}
