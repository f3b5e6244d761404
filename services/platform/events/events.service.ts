import { service } from "#mixins/service/service.ts";
import { discardDeadLetter, listDeadLetters, retryDeadLetter, showDeadLetter } from "./actions/dead-letters.ts";
import { listGroups } from "./actions/list-groups.ts";
import { rewindGroup } from "./actions/rewind-group.ts";
import { events } from "./contract.ts";

/** Where staff look after the events of all services. It stores nothing: each service answers for its own events. */
export default service(events, {
  actions: {
    groups: listGroups,
    deadLetters: listDeadLetters,
    deadLetter: showDeadLetter,
    retry: retryDeadLetter,
    discard: discardDeadLetter,
    rewind: rewindGroup,
  },
});
