/** A seat's private array for a ring: what stands where. ring.core.ts and single-ring.core.ts say what for. */

export const OWN_QUEUE = 0;
export const OWN_SLOTS = 1;
export const OWN_INDEX_MASK = 2;
export const OWN_LAP_SHIFT = 3;
export const OWN_LAP_MASK = 4;
export const OWN_SEAT = 5;
export const OWN_SEATS = 6;
export const OWN_SEAT_GENERATION = 7;
export const OWN_RECORDS = 8;
export const OWN_INDEX_BITS = 9;
export const OWN_HEAD = 10;
export const OWN_TAIL = 11;
export const OWN_HINT_MASK = 12;
export const OWN_EXTENT_MASK = 13;
export const OWN_SEEK = 14;
export const OWN_RUN = 15;
export const OWN_RUN_EXTENT = 16;
export const OWN_LIFE = 17;
export const OWN_STAGED = 18;
export const OWN_SEEN = 19;
export const OWN_RUN_WORD = 20;
export const OWN_AWAITS = 21;
export const OWN_BATCH_MAX = 22;
export const OWN_STAGED_ROOM = 23;
export const OWN_SHOWN = 24;
/** A producer's for a lane has what it has staged behind these. */
export const OWN_WORDS = 25;
