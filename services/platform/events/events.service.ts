import { service } from "#mixins/service/service.ts";
import { discardLetter, listLetters, readLetter, retryLetter } from "./actions/dead-letters.ts";
import { listGroups } from "./actions/list-groups.ts";
import { rewindGroup } from "./actions/rewind-group.ts";
import { events } from "./contract.ts";

/** The one place at which staff looks after the events of all services. It keeps nothing: each service has its own. */
export default service(events, {
  actions: {
    groups: listGroups,
    deadLetters: listLetters,
    deadLetter: readLetter,
    retry: retryLetter,
    discard: discardLetter,
    rewind: rewindGroup,
  },
});
