/**
 * A seat's private array for a broadcast, and one for each of its subscriptions: what stands where. What both have in common with a
 * ring's stands where it does there (own.ts): the structure is word 0, and side.core.ts works on all of them.
 */

/** Where the records begin, and their number. */
export const OWN_RECORDS = 3;
export const OWN_RECORD_COUNT = 4;
/** Whether the sender waits for subscribers: 1 or 0. */
export const OWN_GATED = 12;
/** The payload's first word. */
export const OWN_PAYLOAD = 20;

/** The sender's. Where the next message begins. */
export const OWN_TAIL = 11;
/** The number of the last message. */
export const OWN_SENT = 18;
/** What is before it may be written. */
export const OWN_LIMIT = 19;
/** Whether this seat is armed for room: 1 or 0. */
export const OWN_AWAITS = 21;
/** The limit's word, where it is lossy. */
export const OWN_LIMIT_SHOWN = 24;

/** A subscriber's. Its record, and in that the word of its place. */
export const OWN_RECORD = 1;
export const OWN_PLACE_WORD = 13;
/** What it reads next, and what its place's word says of that. */
export const OWN_PLACE = 10;
export const OWN_SHOWN = 22;
/** The tail as it was last looked at. */
export const OWN_SEEN = 19;
/** Of the message at hand its grains, of the last one received its type. */
export const OWN_GRAINS = 15;
export const OWN_TYPE = 16;
/** The number of the message at the place, if it is lossy. */
export const OWN_NUMBER = 21;
/** How many were missed, and not told of yet. */
export const OWN_MISSED = 14;
/** Whether this seat waits for a message: 1 or 0. */
export const OWN_ARMED = 23;
