/** What the shared functions answer when they have no handle and no item to give. Handles and items are above 0. */

/** Nothing: pool exhausted, ring empty, ring full, time-out. */
export const NONE = 0;
/** The ring is closed (and, when taking, drained). */
export const CLOSED = -1;
/** This seat is no longer this thread's, or the region is poisoned: the seat's word says which. */
export const UNSEATED = -2;
/** The handle is stale, doubled, foreign, garbage, or not this seat's to do that with. */
export const BAD_HANDLE = -3;
/** The side of a structure that this call is for belongs to another seat. */
export const WRONG_SEAT = -4;
/** Done, where there is nothing else to answer. */
export const DONE = 1;
